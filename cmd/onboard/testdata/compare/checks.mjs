// The checks of onboard validate as SQL for DuckDB: node checks.mjs OUT LIST. It writes the bad rows with their line and
// what is wrong with them, and counts the problems. Near misses, spreadsheet damage and repaired encodings, which onboard
// also looks for, are left out.
import {DuckDBInstance} from '@duckdb/node-api';

const [out, list] = process.argv.slice(2).map((s) => s.replaceAll("'", "''"));
const codes = ('AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY' +
  ' BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK' +
  ' FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR' +
  ' IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK' +
  ' ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM' +
  ' PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF' +
  ' TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW').split(' ');
const fields = [
  ['company_name', 128, true], ['country', 2, true], ['data_center', 16, true], ['type', 16, false], ['first_name', 50, true],
  ['last_name', 50, true], ['email', 128, true], ['industry', 3, false], ['size', 2, false], ['state', 64, false],
  ['city', 64, false], ['address', 128, false], ['postal_code', 10, false],
];
const quoted = (words) => words.map((w) => `'${w}'`).join(', ');
const cases = [
  ...fields.filter(([, , required]) => required).map(([f]) => `CASE WHEN ${f} = '' THEN '${f} is missing' END`),
  ...fields.map(([f, most]) => `CASE WHEN length(${f}) > ${most} THEN '${f} is too long' END`),
  ...fields.map(([f]) => `CASE WHEN regexp_matches(${f}, '[[:cntrl:]]') THEN '${f} contains a control character' END`),
  `CASE WHEN country <> '' AND country NOT IN (${quoted(codes)}) THEN 'the country is no code' END`,
  `CASE WHEN data_center <> '' AND data_center NOT IN (${quoted('US CA UK EU SG JP AU IN'.split(' '))}) THEN 'the data center is not one of the list' END`,
  `CASE WHEN type NOT IN ('', 'MSP') THEN 'the partner type is not MSP' END`,
  `CASE WHEN email <> '' AND NOT regexp_full_match(email, '[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])') THEN 'the e-mail address cannot be used' END`,
];
const cleaned = fields.map(([f]) => {
  const text = `trim(coalesce(${f}, ''))`;
  return `${['country', 'data_center', 'type'].includes(f) ? `upper(${text})` : text} AS ${f}`;
});
const db = await (await DuckDBInstance.create(':memory:')).connect();
await db.run(`CREATE TEMP TABLE bad AS
  WITH rows AS (SELECT row_number() OVER () + 1 AS line, * FROM read_csv('${list}', header = true, all_varchar = true)),
  clean AS (SELECT line, ${cleaned.join(', ')} FROM rows),
  checked AS MATERIALIZED (SELECT *, concat_ws('; ', ${cases.join(', ')}) AS problems,
    hash(lower(regexp_replace(company_name, ' +', ' ', 'g')), country) AS key FROM clean),
  first AS (SELECT key, min(line) AS first FROM checked WHERE problems = '' GROUP BY key HAVING count(*) > 1)
  SELECT * EXCLUDE (key, first, problems), CASE WHEN problems <> '' THEN problems ELSE 'the same partner stands on line ' || first || ' already' END AS problems
  FROM checked LEFT JOIN first USING (key) WHERE problems <> '' OR line > first`);
await db.run(`COPY (SELECT line AS onboard_line, problems AS onboard_problems, * EXCLUDE (line, problems) FROM bad ORDER BY line) TO '${out}' (HEADER)`);
const report = await db.runAndReadAll(`SELECT problems, count(*) FROM bad GROUP BY problems ORDER BY 2 DESC LIMIT 10`);
console.log(report.getRows().join('\n'));
