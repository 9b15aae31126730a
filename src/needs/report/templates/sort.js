// Tables sort by any column. The buttons are made here: without scripts nothing is promised.
(function () {
  var names = new Intl.Collator("en-GB", { numeric: true });
  var told = document.createElement("p");
  told.className = "told";
  told.setAttribute("role", "status");
  document.querySelector("main").appendChild(told);

  function words(cell) { return cell.textContent.replace(/\s+/g, " ").trim(); }

  // A number, a text, or null where shorthand stands in place of either.
  function value(cell, number) {
    var text = words(cell), found = /^[£<>≤≥]?\s*([-−]?[\d,]*\.?\d+)/.exec(text);
    if (/^(\[.*|[-–—*]*|c|x|z|k|low|na|n\/a)$/i.test(text) || (number && !found)) { return null; }
    return number ? Number(found[1].replace(/,/g, "").replace("−", "-")) : text;
  }

  document.querySelectorAll("table").forEach(function (table) {
    var body = table.tBodies[0], heads = table.tHead.rows[0].cells, first;
    if (body.rows.length < 2) { return; }
    Array.from(heads).forEach(function (head, column) {
      if (head.hasAttribute("data-unsorted")) { return; }
      var button = document.createElement("button"), arrow = document.createElement("span");
      var label = words(head), number = head.matches(".n, .number");
      button.type = "button";
      button.className = "sort";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      arrow.className = "arrow";
      arrow.setAttribute("aria-hidden", "true");
      button.appendChild(arrow);
      head.appendChild(button);
      button.addEventListener("click", function () {
        var was = head.getAttribute("aria-sort");
        var order = was === "ascending" ? "descending" : was ? "" : "ascending";
        first = first || Array.from(body.rows);
        var lines = first.map(function (row) { return [value(row.cells[column], number), row]; });
        if (order) {
          lines.sort(function (one, other) {
            var a = one[0], b = other[0];
            if (a === null || b === null) { return (a === null) - (b === null); }
            return (number ? a - b : names.compare(a, b)) * (order === "ascending" ? 1 : -1);
          });
        }
        lines.forEach(function (line) { body.appendChild(line[1]); });
        Array.from(heads).forEach(function (one) { one.removeAttribute("aria-sort"); });
        if (order) { head.setAttribute("aria-sort", order); }
        told.textContent = words(table.caption) + ": " +
          (order ? "sorted by " + label + ", " + order : "in the report's own order") + ".";
      });
    });
  });
})();
