import type { components } from "./schema";

type Schemas = components["schemas"];
export type Status = Schemas["Status"];
export type UseCaseSummary = Schemas["UseCaseSummary"];
export type Kpi = Schemas["Kpi"];
export type Guard = Schemas["Guard"];
export type Asset = Schemas["Asset"];
export type Signal = Schemas["Signal"];
export type Samples = Schemas["Samples"];
export type LiveEvent = Schemas["LiveEvent"];
export type Decision = Schemas["Decision"];
export type DecisionDetail = Schemas["DecisionDetail"];
export type Verdict = Schemas["VerdictRequest"]["verdict"];
export type Model = Schemas["Model"];
export type SignalQuality = Schemas["SignalQuality"];
export type SqlResult = Schemas["SqlResult"];
export type Problem = Schemas["Problem"];
