/** A drawing of the page as a file of its own: it looks the same without the page's styles, and says where it comes from. */
const NAMESPACE = "http://www.w3.org/2000/svg";
const KEPT = [
  ...["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity"],
  ...["font-family", "font-size", "font-weight", "text-anchor", "dominant-baseline"],
];
const CAPTION_HEIGHT = 28;

/** @param caption of the run, the device and the version; below the drawing */
export function standaloneSvg(drawing: SVGSVGElement, caption: string): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  inlineStyles(drawing, copy);
  const { width, height } = drawing.viewBox.baseVal;
  const page = getComputedStyle(document.body);
  copy.setAttribute("xmlns", NAMESPACE);
  copy.setAttribute("viewBox", `0 0 ${width} ${height + CAPTION_HEIGHT}`);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height + CAPTION_HEIGHT));
  const background = document.createElementNS(NAMESPACE, "rect");
  background.setAttribute("width", "100%");
  background.setAttribute("height", "100%");
  background.setAttribute("fill", page.backgroundColor);
  copy.prepend(background);
  const text = document.createElementNS(NAMESPACE, "text");
  text.textContent = caption;
  for (const [name, value] of [
    ["x", "16"],
    ["y", String(height + 10)],
    ["font-size", "11"],
  ] as const)
    text.setAttribute(name, value);
  text.setAttribute("font-family", "sans-serif");
  text.setAttribute("fill", page.color);
  copy.append(text);
  return new XMLSerializer().serializeToString(copy);
}

function inlineStyles(from: Element, to: Element): void {
  const style = getComputedStyle(from);
  for (const name of KEPT) {
    const value = style.getPropertyValue(name);
    if (value !== "") to.setAttribute(name, value);
  }
  for (const name of ["class", "tabindex", "role", "style"]) to.removeAttribute(name);
  for (const [at, child] of [...from.children].entries()) {
    const twin = to.children[at];
    if (twin !== undefined) inlineStyles(child, twin);
  }
}

export function saveFile(name: string, type: string, content: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
