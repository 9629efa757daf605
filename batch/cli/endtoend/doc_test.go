// Package endtoend_test starts loabatch as its users do: as processes that are killed and
// signalled and share a quota, night after night over a folder, and as the documentation says.
package endtoend_test

import (
	"testing"

	"github.com/loabatch/loabatch/batch/cli/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m, 32, nil) }
