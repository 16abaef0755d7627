// A stream of JSON texts, one a line (application/x-ndjson).

const LINE_MAX_CHARS = 65536;

/** The values of a response's body, as they come. */
export async function* valuesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      if (rest.length > LINE_MAX_CHARS) throw new SyntaxError("a line is too long");
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line);
    }
    if (rest.trim() !== "") yield JSON.parse(rest);
  } finally {
    await reader.cancel().catch(() => undefined); // it may be broken already
  }
}
