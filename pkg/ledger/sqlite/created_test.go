package sqlite

import (
	"slices"
	"testing"
)

// TestCreatedReadsRowsInOneGo keeps SQLite from searching by key where rows are
// to be read in their order: it would read the whole ledger for each block.
func TestCreatedReadsRowsInOneGo(t *testing.T) {
	l := mustOpen(t, newPath(t))
	for query, want := range map[string]string{
		stretchSQL: "SEARCH p USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
		createdSQL: "SEARCH p USING INDEX sqlite_autoindex_partners_1 (scope_id=? AND key=?)",
		placesSQL:  "SEARCH p USING COVERING INDEX sqlite_autoindex_partners_1 (scope_id=? AND key=?)",
	} {
		rows, err := l.reader.Query("EXPLAIN QUERY PLAN "+query, 1, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			steps = append(steps, step)
		}
		if !slices.Contains(steps, want) {
			t.Errorf("%s\nis answered by %q, not by %q", query, steps, want)
		}
		rows.Close()
	}
}
