// Package routers mounts phoneauth below a prefix of a host's own router, one file for
// each router, and protects a route of the host's own:
//
//	/auth/…  everything that phoneauth serves
//	/hello   of the host, for those who are signed in
//
// Each file is all that there is to do; the examples of the package are whole programs
// around them, to copy.
//
// phoneauth goes by the path below the prefix, which StripPrefix leaves. Let the router
// pass every method on: phoneauth answers those it does not serve in the shape that each
// API documents, and OPTIONS where a page of a trusted origin asks.
package routers
