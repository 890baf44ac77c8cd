(function () {
  'use strict';
  var table = document.getElementById('concerns');
  if (!table) { return; }
  var box = document.getElementById('search'), shown = document.getElementById('shown');
  var rows = Array.prototype.map.call(table.tBodies[0].rows, function (row) {
    var words = Array.prototype.map.call(row.cells, function (cell) { return cell.textContent; });
    return { row: row, text: words.join('\n').toLowerCase() };
  });
  function filter() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean), n = 0;
    rows.forEach(function (r) {
      var found = words.every(function (w) { return r.text.indexOf(w) >= 0; });
      r.row.hidden = !found;
      n += found ? 1 : 0;
    });
    shown.textContent = n + ' of ' + rows.length + (rows.length === 1 ? ' row' : ' rows');
  }
  // A filtered view has an address: #q=in%20doubt
  function fromAddress() {
    var found = /^#q=(.*)$/.exec(location.hash), text = '';
    try { text = found ? decodeURIComponent(found[1]) : ''; } catch (e) { text = found[1]; }
    box.value = text;
    filter();
  }
  box.addEventListener('input', function () {
    filter();
    try { history.replaceState(null, '', '#q=' + encodeURIComponent(box.value)); } catch (e) { /* some viewers forbid it */ }
  });
  window.addEventListener('hashchange', fromAddress);
  document.getElementById('find').hidden = false;
  fromAddress();
}());
