import { render } from "preact";
import "../styles/base.css";
import "../styles/components.css";
import "../styles/shell.css";
import { findToken } from "../data/token.ts";
import { followKeys } from "../state/keys.ts";
import { followLocation } from "../state/location.ts";
import { followTheme } from "../state/theme.ts";
import { Shell } from "./shell.tsx";

await findToken();
followLocation();
followTheme();
followKeys();
const root = document.getElementById("app");
if (root !== null) render(<Shell />, root);
