//go:build !race

package phoneauth_test

const raceDetector = false
