import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { connect } from "./state/live";
import "./style/base.css";
import "./style/frame.css";
import "./style/page.css";
import "./style/tables.css";
import "./style/plant.css";
import "./style/decisions.css";
import "./style/data.css";
import "./style/small.css";

connect();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
