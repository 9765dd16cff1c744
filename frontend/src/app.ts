import { setUpBoard } from "./board";
import { keepInside, labelCells } from "./cards";
import { drawCharts } from "./charts/figure";
import { setUpDialogs } from "./dialogs";
import { setUpDownloads } from "./downloads";
import { setUpKeys } from "./keys";
import { setUpLists } from "./lists";
import { connectLive } from "./live";
import { setUpMenu, submitOnChange } from "./menu";
import { setUpPrinting } from "./printing";
import { setUpQuery } from "./query";
import { setUpReasons } from "./reasons";
import { setUpRequests } from "./requests";
import { setUpSearch } from "./search";
import { setUpSelection } from "./selection";
import { setUpReload, setUpSending } from "./sending";
import { setUpTerms } from "./terms";
import { setUpTours } from "./tours";

document.documentElement.classList.add("js");
setUpRequests(arrange);
arrange(document.body);
setUpBoard();
setUpDialogs();
setUpDownloads();
setUpKeys();
setUpMenu();
setUpPrinting();
setUpQuery();
setUpReasons();
setUpSearch();
submitOnChange();
setUpSelection();
setUpSending();
setUpReload();
setUpTerms();
setUpTours();

/** Set up a part of a page that arrived. */
function arrange(part: ParentNode): void {
  labelCells(part);
  setUpLists(part);
  keepInside(part);
  drawCharts(part);
  connectLive(part);
}
