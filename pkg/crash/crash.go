// Package crash owns the named points at which the tests let the process die as a
// power switch would: without a last word, a flush or a deferred call.
//
// The points are there only in a program that is built with the tag crashpoints.
// In any other, Point does nothing and the compiler leaves the call out; no
// variable of the environment can end a program that people use.
package crash
