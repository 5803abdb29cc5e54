//go:build race

package phoneauth_test

// raceDetector: everything takes ten times as long.
const raceDetector = true
