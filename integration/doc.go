// Package integration holds what only real servers can show. It has no code to import.
package integration
