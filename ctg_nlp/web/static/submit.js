/** The submit page: files are sent two at a time, then read; each row tells what became of its file. */

import { chosen, dropped } from "./submit/dropped.js";
import { freshPage, send, startReading, state } from "./submit/requests.js";
import { Row } from "./submit/rows.js";

const AT_ONCE = 2;
const POLL = 1000; // milliseconds
const PATIENCE = 5; // polls in a row that may fail
const ERASED = "A report of this content was erased; it is not taken in again.";

const zone = document.getElementById("drop");
const said = document.getElementById("said");
const trouble = document.getElementById("trouble");
const limit = Number(zone.dataset.uploadMb) * 1024 * 1024;

const waiting = [];
const rows = new Map(); // path in the project -> rows that wait for its verdict
let sending = 0;
let sent = 0;
let polling = false;

function say(words) {
  said.hidden = !words;
  if (said.textContent !== words) said.textContent = words;
}

function complain(words) {
  trouble.hidden = !words;
  trouble.firstElementChild.textContent = words;
}

function add(files) {
  if (!files.length) return say("There is no file in it.");
  complain("");
  for (const { file, path } of files) {
    if (file.size > limit) {
      new Row(path, file.size).failed(`It has more than ${zone.dataset.uploadMb} MB. Send a smaller copy.`);
      continue;
    }
    const job = { file, path };
    job.row = new Row(path, file.size, () => enqueue(job));
    waiting.push(job);
  }
  proceed();
}

function enqueue(job) {
  job.row.waits();
  waiting.push(job);
  proceed();
}

function proceed() {
  while (sending < AT_ONCE && waiting.length) void sendNext(waiting.shift());
  if (sending) say(`Sending: ${sent} of ${sent + sending + waiting.length} files are received.`);
}

async function sendNext(job) {
  sending += 1;
  try {
    await sendOne(job);
    sent += 1;
  } catch (error) {
    job.row.failed(error.message);
  }
  sending -= 1;
  if (sending || waiting.length) proceed();
  else await allSent();
}

async function sendOne({ file, path, row }) {
  row.progress(0);
  const answer = await send(file, path, (share) => row.progress(share));
  if (answer.known === "erased") return row.verdict({ verdict: "erased", message: ERASED });
  if (answer.known) {
    const where = answer.path.replace(/^data\/raw\//, "");
    row.verdict({ verdict: answer.known, message: `It is ${where}.`, report_id: answer.sha256 }, true);
    return;
  }
  row.received();
  rows.set(answer.path, [...(rows.get(answer.path) ?? []), row]);
}

async function allSent() {
  if (!sent) return say("No file could be sent.");
  sent = 0;
  if (!rows.size) return finished();
  await read();
}

async function read() {
  complain("");
  say("All files are received and are being read.");
  try {
    await startReading();
  } catch (error) {
    return complain(error.message);
  }
  await poll();
}

async function poll() {
  if (polling) return;
  polling = true;
  for (let failures = 0; failures < PATIENCE; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    try {
      const now = await state();
      failures = 0;
      show(now);
      if (now.reading) continue;
      polling = false;
      return await ended(now.problem);
    } catch {
      failures += 1;
    }
  }
  polling = false;
  complain("The server does not answer any more. What was received is kept; start the server again.");
}

/** Give the rows their verdicts. While a run goes on they may still change, so the rows are kept until its end. */
function show({ reading, files }) {
  let done = 0;
  for (const file of files) {
    if (!file.verdict) continue;
    const mine = rows.get(file.path) ?? [];
    mine.forEach((row) => row.verdict(file));
    done += mine.length > 0;
    if (!reading) rows.delete(file.path);
  }
  if (reading && !sending) say(rows.size ? `Reading: ${done} of ${rows.size} files are done.` : "Reports are being read.");
}

async function ended(problem) {
  if (problem) complain(problem);
  else if (rows.size) complain(`${rows.size} files were not read.`);
  await finished();
}

async function finished() {
  if (!sending) say(trouble.hidden ? "Done: every file has its verdict." : "Reading has ended.");
  const fresh = await freshPage().catch(() => null);
  for (const id of ["received", "chase"]) {
    const part = fresh?.getElementById(id);
    if (part) document.getElementById(id).replaceWith(document.adoptNode(part));
  }
}

function onDrop(event) {
  event.preventDefault();
  zone.classList.remove("over");
  if (event.dataTransfer?.types.includes("Files")) dropped(event.dataTransfer).then(add);
}

function onDrag(event) {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault(); // else the browser would open the file and leave the page
  event.dataTransfer.dropEffect = "copy";
  zone.classList.add("over");
}

window.addEventListener("dragover", onDrag);
window.addEventListener("drop", onDrop);
window.addEventListener("dragleave", (event) => event.relatedTarget || zone.classList.remove("over"));
window.addEventListener("beforeunload", (event) => (sending || waiting.length) && event.preventDefault());
for (const input of document.querySelectorAll("#files, #folder")) {
  input.addEventListener("change", () => {
    add(chosen(input));
    input.value = ""; // so that the same file can be chosen again
  });
}
document.getElementById("read-again").addEventListener("click", read);
const now = await state().catch(() => null);
if (now?.reading) {
  show(now);
  await poll();
}
