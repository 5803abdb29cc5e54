//go:build race

package memstore_test

// raced: the race detector takes memory of its own, so heaps are not measured.
const raced = true
