// What scripts add to the report; it is whole without them.
(function () {
  function all(selector, from) {
    return Array.from((from || document).querySelectorAll(selector));
  }
  function make(tag, parent, before, attributes, space) {
    var made = document.createElementNS(space || "http://www.w3.org/1999/xhtml", tag);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    parent.insertBefore(made, before);
    return made;
  }

  // A link to something folded away unfolds it; without scripts the reader unfolds it by hand.
  function unfold() {
    var name = decodeURIComponent(location.hash.slice(1)), goal = document.getElementById(name);
    if (!goal && name.startsWith("fig-")) {  // a figure by its identifier, as others link to it
      goal = all(".register tbody tr, [data-key] tbody tr").filter(function (row) {
        var told = row.closest("table").dataset, own = row.cells[told.key || 0].textContent.trim();
        return (told.identifier || "[…]").replace("[…]", own) === name.slice(4);
      })[0];
    }
    var opened = Boolean(goal && goal.closest(".aside"));
    if (opened) { showAll(); }
    for (var up = goal; up; up = up.parentElement) {
      if (up.tagName === "DETAILS" && !up.open) { up.open = opened = true; }
    }
    if (opened) { goal.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  window.addEventListener("load", unfold);

  // Only what is worse than England: findings, sections, cards and rows that say so.
  var WORSE = "[data-verdict=worse]", main = document.querySelector("main");
  var only = make("div", main, main.firstChild, { class: "only" });
  var button = make("button", only, null, { type: "button", "aria-pressed": "false" });
  var says = make("p", only, null, { role: "status" });
  button.textContent = "Only what is worse than England";
  function showAll() {
    all(".aside").forEach(function (one) { one.classList.remove("aside"); });
    button.setAttribute("aria-pressed", "false");
    says.textContent = "All is shown.";
  }
  function apart(nodes, found) {
    nodes.forEach(function (one) { one.classList.toggle("aside", !one.matches(found)); });
  }
  // A node stays if its section is worse, or if it holds rows or cards that are.
  function sift(chapter) {
    var section = false, part = false, heads = [];
    Array.from(chapter.children).forEach(function (node) {
      var folded = node.matches("details") && node.querySelector(":scope > summary > :is(h3, h4, h5)");
      var head = /^H[2-5]$/.test(node.tagName) ? node : folded;
      var worse = Boolean(head && head.matches(WORSE)), level = head ? Number(head.tagName[1]) : 0;
      if (level) {
        if (level < 4) { section = worse; part = false; } else { part = worse; }
        heads = heads.filter(function (one) { return one[0] < level; });
        if (!folded) { heads.push([level, node]); }
      }
      var marked = node.querySelector("tr" + WORSE + ", .card" + WORSE);
      var kept = worse || marked || (!level && (section || part));
      node.classList.toggle("aside", !kept);
      if (kept) { heads.forEach(function (one) { one[1].classList.remove("aside"); }); }
    });
    chapter.classList.toggle("aside", !chapter.querySelector(":scope > :not(.aside)"));
    all("tbody, .cards", chapter).forEach(function (list) {
      if (list.querySelector(":scope > " + WORSE)) { apart(all(":scope > *", list), WORSE); }
    });
  }
  function count(selector, one, many) {
    var number = all(selector, main).length;
    return number + " " + (number === 1 ? one : many);
  }
  button.addEventListener("click", function () {
    if (button.getAttribute("aria-pressed") === "true") { showAll(); return; }
    if (!main.querySelector(WORSE)) {
      says.textContent = "Nothing in this report is shown to be worse than England.";
      return;
    }
    all(".chapter").forEach(sift);
    button.setAttribute("aria-pressed", "true");
    says.textContent = "Shown is only what is worse than England: " + [
      count("h4[id^=finding-]" + WORSE, "finding", "findings"),
      count("h3" + WORSE, "section", "sections"),
      count("tr" + WORSE, "row of a table", "rows of tables")
    ].join(", ") + ".";
  });

  // The chart or the table alone; both are there in print.
  all(".chart-block").forEach(function (block) {
    var figure = block.querySelector("figure"), fold = block.querySelector("details");
    if (!fold) { return; }
    var kind = figure.className === "map" ? "Map" : "Chart";
    var label = figure.querySelector("figcaption").textContent.split(":")[0];
    var views = make("div", figure.parentNode, figure, { class: "views", role: "group", "aria-label": label + ", view" });
    var buttons = [kind, "Table"].map(function (word, table) {
      var button = make("button", views, null, { type: "button" });
      button.textContent = word;
      button.addEventListener("click", function () {
        figure.classList.toggle("away", Boolean(table));
        fold.open = Boolean(table);
        tell();
      });
      return button;
    });
    function tell() {
      buttons[0].setAttribute("aria-pressed", !figure.classList.contains("away"));
      buttons[1].setAttribute("aria-pressed", fold.open);
    }
    fold.addEventListener("toggle", function () {
      if (!fold.open) { figure.classList.remove("away"); }
      tell();
    });
    tell();
  });

  // The areas of a map and the points of a chart, one by one: a single stop for the keyboard.
  all("figure").forEach(function (figure, number) {
    var names = new Intl.Collator("en-GB", { numeric: true });
    var marks = all("svg title", figure).map(function (title) { return title.parentNode; });
    all("[data-rows]", figure).forEach(function (dots) {  // whose names are rows of the table
      var rows = figure.closest(".chart-block").querySelector("tbody").rows, told = dots.dataset;
      var steps = dots.getAttribute("d").match(/-?\d+/g).map(Number), x = 0, y = 0;
      var svg = dots.namespaceURI;
      told.rows.split(" ").forEach(function (run) {  // "9-7" is 9, 8 and 7
        var ends = run.split("-").map(Number), at = ends[0], last = ends.pop(), way = last < at ? -1 : 1;
        for (; at !== last + way; at += way) {
          var cells = rows[at].cells, mark = make("circle", dots.parentNode, null, {
            cx: x += steps.shift(), cy: y += steps.shift(), r: 20, "pointer-events": "all"
          }, svg);
          make("title", mark, null, {}, svg).textContent = cells[0].textContent + ": " +
            (told.before || "") + cells[1].textContent.trim() + told.unit;
          marks.push(mark);
        }
      });
    });
    if (marks.length < 2) { return; }
    function say(mark) { return mark.querySelector("title").textContent; }
    marks.sort(function (a, b) { return names.compare(say(a), say(b)); });
    var box = make("div", figure, figure.querySelector("figcaption"), { class: "one-by-one" });
    var id = "one-by-one-" + number, shown;
    var label = make("label", box, null, { for: id });
    label.textContent = (figure.className === "map" ? "Areas" : "Points") + ", one by one";
    var slider = make("input", box, null, { id: id, type: "range", min: 1, max: marks.length, value: 1 });
    var output = make("output", box, null, { for: id, "aria-live": "off" });
    function show() {
      var mark = marks[slider.value - 1];
      if (shown) { shown.remove(); }
      shown = mark.cloneNode(false);
      shown.setAttribute("class", "here");
      shown.setAttribute("vector-effect", "non-scaling-stroke");
      mark.parentNode.appendChild(shown);
      output.textContent = say(mark);
      slider.setAttribute("aria-valuetext", say(mark));
    }
    slider.setAttribute("aria-valuetext", say(marks[0]));
    slider.addEventListener("input", show);
    slider.addEventListener("focus", show);
    figure.addEventListener("pointerover", function (event) {
      var place = marks.indexOf(event.target);
      if (place >= 0) { slider.value = place + 1; show(); }
    });
  });
})();
