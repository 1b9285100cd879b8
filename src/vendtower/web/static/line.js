// The line to the controller: server-sent events with a beat. Silence is told from "nothing new".

const SILENCE_MS = 2000;
const RETRY_MS = 1500;

/**
 * Listen to a stream for as long as the page lives.
 * handlers: one function per event name; onLost() after two seconds of silence, onFound() at the
 * first message after that.
 */
export function listen(url, handlers, onLost, onFound) {
  let source = null;
  let heardAt = performance.now();
  let openedAt = 0;
  let lost = true;

  function heard() {
    heardAt = performance.now();
    if (lost) {
      lost = false;
      onFound();
    }
  }

  function open() {
    source?.close();
    openedAt = performance.now();
    source = new EventSource(url);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        heard();
        handle(JSON.parse(event.data));
      });
    }
    source.addEventListener("beat", heard);
  }

  // The browser's own retry gives up after some answers (503 for instance), so it is not relied on.
  setInterval(() => {
    const now = performance.now();
    if (now - heardAt <= SILENCE_MS) return;
    if (!lost) {
      lost = true;
      onLost();
    }
    if (now - openedAt > RETRY_MS + SILENCE_MS || source.readyState === EventSource.CLOSED && now - openedAt > RETRY_MS) open();
  }, 200);
  window.addEventListener("pagehide", () => source?.close());
  open();
}

/** Post JSON; resolves to {ok, text}, never rejects. */
export async function post(url, body) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    return { ok: response.ok, text: answer.message ?? answer.reason ?? "" };
  } catch (error) {
    return { ok: false, text: `No answer from the controller (${error.message}).` };
  }
}

/** An element with attributes and children; text is always text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}
