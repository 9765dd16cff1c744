// Uploads of the intake page: files arrive in pieces (tus), and go on where they stopped, also after a reload.
import { type DetailedError, Upload } from "tus-js-client";

const PIECE = 8 << 20;
const AT_ONCE = 2;
const RETRY_MS = [0, 1000, 3000, 5000, 10000, 30000];

interface Waiting {
  file: File;
  name: string;
  row: HTMLLIElement;
  /** Where it goes on, if a part of it was sent from this page. */
  url?: string | null;
}

const box = document.querySelector<HTMLElement>("[data-uploads]");
if (box) setUpUploads(box);

function setUpUploads(place: HTMLElement): void {
  const list = place.querySelector<HTMLUListElement>("#arriving");
  const state = place.querySelector<HTMLElement>("#arriving-state");
  if (!list || !state) return;
  const queue: Waiting[] = [];
  let running = 0;
  let timer = 0;

  const add = (files: Iterable<File>) => {
    for (const file of files) {
      const name = file.webkitRelativePath || file.name;
      const row = document.createElement("li");
      const label = document.createElement("b");
      label.textContent = name;
      row.append(label, ` ${place.dataset.waits ?? ""}`);
      list.append(row);
      queue.push({ file, name, row });
    }
    next();
  };

  const next = () => {
    while (running < AT_ONCE && queue.length > 0) {
      running += 1;
      send(queue.shift() as Waiting);
    }
    if (running === 0) state.textContent = place.dataset.sent ?? "";
  };

  /** The table of files is asked for again, once for files that arrive together. */
  const tell = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => document.body.dispatchEvent(new Event("uploaded")), 300);
  };

  const send = ({ file, name, row, url }: Waiting) => {
    const label = document.createElement("b");
    label.textContent = name;
    const bar = document.createElement("progress");
    bar.max = Math.max(file.size, 1);
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn q small";
    const show = (text: string | undefined) => {
      button.textContent = text ?? "";
      button.setAttribute("aria-label", `${text ?? ""}: ${name}`);
    };
    show(place.dataset.pause);
    row.replaceChildren(label, " ", bar, " ", button);
    let isRunning = true;
    let isRefused = false;
    const end = () => {
      running -= 1;
      tell();
      next();
    };
    const upload = new Upload(file, {
      endpoint: place.dataset.uploads ?? null,
      uploadUrl: url ?? unfinished(name, file),
      chunkSize: PIECE,
      retryDelays: RETRY_MS,
      headers: { "X-Form-Token": formToken() },
      metadata: { filename: name, modified: String(file.lastModified) },
      // The server knows what arrived. Names of evidence do not stay in the browser.
      storeFingerprintForResuming: false,
      onProgress: (sent) => {
        bar.value = sent;
      },
      onSuccess: () => {
        row.remove();
        end();
      },
      onError: (why) => {
        isRunning = false;
        isRefused = isFinal(why);
        show(place.dataset.again);
        const message = document.createElement("span");
        message.className = "error";
        message.setAttribute("role", "alert");
        message.textContent = ` ${textOf(why)}`;
        row.replaceChildren(label, message, " ", button);
        end();
      },
    });
    button.addEventListener("click", async () => {
      if (isRunning) {
        isRunning = false;
        show(place.dataset.goOn);
        await upload.abort();
        end();
        return;
      }
      row.replaceChildren(label);
      queue.push({ file, name, row, url: isRefused ? null : upload.url });
      next();
    });
    upload.start();
  };

  for (const input of place.querySelectorAll<HTMLInputElement>('input[type="file"]')) {
    const take = () => {
      add(Array.from(input.files ?? []));
      input.value = "";
    };
    input.addEventListener("change", take);
    // Files may have been chosen before this script was there.
    if (input.files?.length) take();
  }
  for (const kind of ["dragover", "drop"] as const)
    place.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop") add(Array.from(event.dataTransfer?.files ?? []));
    });
}

/** Where a file goes on that arrived in part, if it is the same one as then. */
function unfinished(name: string, file: File): string | null {
  for (const row of document.querySelectorAll<HTMLElement>("[data-unfinished]")) {
    const { dataset } = row;
    const isSame = dataset.name === name && Number(dataset.size) === file.size;
    if (isSame && Number(dataset.modified) === file.lastModified) return dataset.unfinished ?? null;
  }
  return null;
}

function formToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="form-token"]')?.content ?? "";
}

/** Whether the server refused the file, so that it is sent from its beginning the next time. */
function isFinal(why: Error | DetailedError): boolean {
  const status = "originalResponse" in why ? (why.originalResponse?.getStatus() ?? 0) : 0;
  return status >= 400 && status < 500 && status !== 409;
}

function textOf(why: Error | DetailedError): string {
  const body = "originalResponse" in why ? why.originalResponse?.getBody() : "";
  return body && !body.startsWith("<") ? body : why.message;
}
