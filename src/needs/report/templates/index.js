// The list can be searched.
(function () {
  var form = document.querySelector(".search"), wanted = document.getElementById("wanted");
  var found = document.getElementById("found"), rows = document.querySelectorAll("tbody tr");
  if (!rows.length) { return; }
  form.hidden = false;
  function show() {
    var words = wanted.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    rows.forEach(function (row) {
      var fits = words.every(function (word) { return row.dataset.words.indexOf(word) >= 0; });
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    found.textContent = shown + " of " + rows.length + " shown";
  }
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  wanted.addEventListener("input", show);
  show();
})();
