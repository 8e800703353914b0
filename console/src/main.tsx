import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { connect } from "./state/live";
import "./style.css";

connect();
createRoot(document.getElementById("root")!).render(<StrictMode><App /></StrictMode>);
