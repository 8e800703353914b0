import { Frame } from "./components/Frame";
import { Empty, Page } from "./components/Page";
import { useRoute } from "./state/route";
import { AssetPage } from "./pages/AssetPage";
import { DataPage } from "./pages/DataPage";
import { DecisionsPage } from "./pages/DecisionsPage";
import { ModelsPage } from "./pages/ModelsPage";
import { OutcomesPage } from "./pages/OutcomesPage";
import { PlantPage } from "./pages/PlantPage";
import { SystemPage } from "./pages/SystemPage";

function CurrentPage() {
  const { room, id } = useRoute();
  switch (room) {
    case "outcomes":
      return <OutcomesPage />;
    case "plant":
      return id ? <AssetPage key={id} asset={id} /> : <PlantPage />;
    case "decisions":
      return <DecisionsPage />;
    case "models":
      return <ModelsPage />;
    case "data":
      return <DataPage />;
    case "system":
      return <SystemPage />;
    default:
      return (
        <Page title="Nothing here" question="Where am I?" answer="There is no such room.">
          <Empty what="Press g and an underlined letter, or / to find anything." />
        </Page>
      );
  }
}

export function App() {
  return (
    <Frame>
      <CurrentPage />
    </Frame>
  );
}
