import { render } from "preact";
import "./styles/base.css";
import "./styles/components.css";
import "./styles/shell.css";
import { followKeys } from "./app/keys.ts";
import { followLocation } from "./app/location.ts";
import { Shell } from "./app/shell.tsx";
import { followTheme } from "./app/theme.ts";
import { findToken } from "./data/token.ts";

await findToken();
followLocation();
followTheme();
followKeys();
const root = document.getElementById("app");
if (root !== null) render(<Shell />, root);
