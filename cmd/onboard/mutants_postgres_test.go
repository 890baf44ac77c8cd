//go:build mutants && postgres

package main

// Where there is a PostgreSQL server, the promises about its standby are broken, too.
func init() {
	mutants = append(mutants, []mutant{
		{"confirm by reading", []change{{"pkg/ledger/postgres/writer.go", `		if err == nil && again {
			err = group[0].run.touch(ctx, tx)
		}
`, ``}}, "postgres", "./pkg/ledger/postgres", "TestStandbyAway/restarted"},

		{"cancel on time-out", []change{{"pkg/ledger/postgres/connect.go", `	open.Store(true)
`, ``}}, "postgres", "./pkg/ledger/postgres", "TestStandbyAway/given_up"},

		{"heed no warning", []change{{"pkg/ledger/postgres/connect.go", `	config.OnNotice = noteUnreplicated
`, `	_ = noteUnreplicated
`}}, "postgres", "./pkg/ledger/postgres", "TestStandbyAway/cancelled"},

		{"read back without confirmation", []change{{"pkg/ledger/postgres/settle.go", `owner.settle(o, true)()`, `owner.settle(o, false)()`}},
			"postgres", "./pkg/ledger/postgres", "TestReadBackIsConfirmed"},

		{"move away what waits", []change{{"pkg/ledger/readback.go", `errors.As(err, new(foreign))`, `err != nil`}},
			"", "./pkg/ledger", "TestUnread"},
	}...)
}
