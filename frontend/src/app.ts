import { drawAll } from "./charts/figure";
import { dialogs } from "./dialogs";
import { giving } from "./giving";
import { keys } from "./keys";
import { live } from "./live";
import { menu, submitting } from "./menu";
import { requests } from "./requests";
import { picking } from "./rows";

document.documentElement.classList.add("js");
requests((part) => {
  drawAll(part);
  live(part);
});
dialogs();
giving();
keys();
menu();
submitting();
picking();
