// Reads a workbook with SheetJS, as densely as it can, and counts its cells.
const XLSX = require("xlsx");
const book = XLSX.readFile(process.argv[2], { dense: true });
const sheet = book.Sheets[book.SheetNames[0]];
let cells = 0;
for (const row of sheet["!data"] || sheet) for (const cell of row || []) if (cell) cells++;
console.log(cells);
