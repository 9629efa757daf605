package campaign_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/clitest"
)

// clockVariable is the environment variable by which a skewed program's clock is off, in seconds.
const clockVariable = "LOABATCH_TEST_CLOCK"

// skewed is the program with another clock, built once.
var skewed = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "clock")
	if err != nil {
		return "", err
	}
	removeProgram = func() { os.RemoveAll(folder) }
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return folder, err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "runtime")
	assembly, err := os.ReadFile(filepath.Join(source, "time_linux_amd64.s"))
	if err != nil {
		return folder, err
	}
	renamed := strings.Replace(string(assembly), "TEXT time·now<ABIInternal>", "TEXT runtime·realNow<ABIInternal>", 1)
	if err := os.WriteFile(filepath.Join(folder, "time.s"), []byte(renamed), 0o600); err != nil {
		return folder, err
	}
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{
		filepath.Join(source, "time_linux_amd64.s"): filepath.Join(folder, "time.s"),
		filepath.Join(source, "timeasm.go"):         filepath.Join(clitest.Root(), "batch/cli/campaign/testdata/clock.go.txt"),
	}})
	if err := os.WriteFile(filepath.Join(folder, "overlay.json"), overlay, 0o600); err != nil {
		return folder, err
	}
	build := exec.Command("go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "-o", filepath.Join(folder, "loabatch"), ".")
	build.Dir, build.Stderr = clitest.Root(), os.Stderr
	return folder, build.Run()
})

// skewedProgram returns the path of a program that is loabatch, except that everything in it that asks
// for the time gets one that is off by what clockVariable says. Go's own runtime is what it differs in,
// so building it takes minutes the first time.
func skewedProgram(t *testing.T) string {
	folder, err := skewed()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "loabatch")
}
