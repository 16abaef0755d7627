// Shows those findings of a report that are of the wanted severities and have the wanted words.

/** Make the filter within `root` work; without scripts all findings are shown. */
export function filterFindings(root) {
  const filter = root.querySelector("#severities");
  if (!filter) return;
  const search = filter.querySelector("#finding-search");
  const groups = [...root.querySelectorAll(".finding-group")];
  const none = root.querySelector("#nothing-found");

  function apply() {
    const wanted = new Set([...filter.querySelectorAll("input[name=severity]:checked")].map((box) => box.value));
    const words = search.value.toLowerCase().trim();
    let shown = 0;
    for (const group of groups) {
      const file = group.getAttribute("aria-label").toLowerCase();
      let inGroup = 0;
      for (const finding of group.querySelectorAll("li")) {
        const matches = file.includes(words) || finding.textContent.toLowerCase().includes(words);
        finding.hidden = !(matches && wanted.has(finding.dataset.severity));
        inGroup += finding.hidden ? 0 : 1;
      }
      group.hidden = inGroup === 0;
      shown += inGroup;
    }
    none.hidden = shown > 0;
  }

  filter.hidden = false;
  filter.addEventListener("input", apply);
}
