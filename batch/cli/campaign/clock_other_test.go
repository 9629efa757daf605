//go:build unix && !(linux && amd64)

package campaign_test

import "testing"

const clockVariable = "LOABATCH_TEST_CLOCK"

// skewedProgram returns the program as it is: elsewhere Go's runtime asks for the time in other files.
func skewedProgram(t *testing.T) string {
	t.Log("the clocks are not skewed on this system")
	return "loabatch"
}
