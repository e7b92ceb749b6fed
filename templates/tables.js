"use strict";
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const key = (row, column) => row.cells[column].dataset.sort;
  const compare = (column, numeric, sign) => (a, b) => {
    const left = key(a, column), right = key(b, column);
    if (left === "" || right === "") return (left === "") - (right === "");
    return sign * (numeric ? Number(left) - Number(right) : left.localeCompare(right));
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    const numeric = head.classList.contains("number");
    button.type = "button";
    button.textContent = head.textContent.trim();
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const first = numeric ? "descending" : "ascending", other = numeric ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      body.append(...[...body.rows].sort(compare(column, numeric, order === "ascending" ? 1 : -1)));
    });
  });
  if (body.rows.length < 8) continue;
  const label = document.createElement("label"), input = document.createElement("input");
  const said = document.createElement("span");
  label.className = "filter";
  said.className = "muted";
  said.setAttribute("aria-live", "polite");
  input.type = "search";
  input.autocomplete = "off";
  label.append("Show rows with", input, said);
  table.closest(".table").before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    said.textContent = wanted ? `${shown} of ${body.rows.length}` : "";
  });
}
