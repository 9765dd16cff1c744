import { setUpBoard } from "./board";
import { drawCharts } from "./charts/figure";
import { setUpDialogs } from "./dialogs";
import { setUpDownloads } from "./downloads";
import { setUpKeys } from "./keys";
import { connectLive } from "./live";
import { setUpMenu, submitOnChange } from "./menu";
import { setUpQuery } from "./query";
import { setUpRequests } from "./requests";
import { setUpSearch } from "./search";
import { setUpSelection } from "./selection";
import { setUpTerms } from "./terms";

document.documentElement.classList.add("js");
setUpRequests((part) => {
  drawCharts(part);
  connectLive(part);
});
setUpBoard();
setUpDialogs();
setUpDownloads();
setUpKeys();
setUpMenu();
setUpQuery();
setUpSearch();
submitOnChange();
setUpSelection();
setUpTerms();
