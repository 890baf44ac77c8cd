// Package sandbox is the documented onboarding API as an http.Handler: a place to rehearse and a judge for tests. It checks
// every header, the signature and every field, answers as the API's pages say, counts what it created, and breaks on request.
//
// It owns one independent reading of those pages. It imports nothing of this module, so that a mistake in the client cannot be
// repeated by what checks the client. It refuses to be lenient: a fault never hides a request that was wrong in itself.
//
// Where the pages are silent (what a second request for the same company does, what an unknown token is answered, the order in
// which headers are looked at) the behaviour here is a choice of this package and says nothing about the real service.
//
// A request goes through ServeHTTP (server.go): watch.go notes what no client should do, verify.go checks headers, fields.go
// the body, fault.go and rule.go decide what breaks, store.go remembers, wire.go answers.
package sandbox
