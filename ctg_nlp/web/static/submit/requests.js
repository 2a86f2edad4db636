/** What the submit page asks of the server. */

/**
 * Send one file; `onProgress` is told the share sent, 0 to 1. Resolves to the server's answer; rejects with an
 * Error whose message is a sentence for people.
 */
export function send(file, path, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much was sent
    request.open("PUT", `/api/submissions/${path.split("/").map(encoded).join("/")}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status === 200 || request.status === 201) resolve(request.response);
      else reject(new Error(request.response?.problem ?? `The server answered ${request.status}.`));
    };
    request.onerror = () => reject(new Error("The connection broke off."));
    request.send(file);
  });
}

function encoded(part) {
  return encodeURIComponent(part.toWellFormed?.() ?? part.replace(/[\ud800-\udfff]/g, "_"));
}

/** Have what was received be read. */
export async function startReading() {
  const headers = { "Content-Type": "application/json" };
  return answered(await fetch("/api/submissions/read", { method: "POST", headers, body: "{}" }));
}

/** {reading, files, problem}: what became of the files. */
export async function state() {
  return answered(await fetch("/api/submissions", { cache: "no-store" }));
}

async function answered(response) {
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(content.problem ?? `The server answered ${response.status}.`);
  return content;
}

/** The submit page as it is now, parsed. */
export async function freshPage() {
  const response = await fetch("/submit", { cache: "no-store" });
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
