package notify

import (
	"os/exec"

	"golang.org/x/sys/windows"
)

// errNotProgram says that a file is not a program, such as a PowerShell script.
const errNotProgram = windows.ERROR_BAD_EXE_FORMAT

// splitCommand splits a line as Windows programs do. It has no pipes and the like, which
// would reach the program as arguments: cmd /c "…" is named for these.
func splitCommand(line string) ([]string, error) {
	words, err := windows.DecomposeCommandLine(line)
	if err != nil || len(words) == 0 {
		return nil, ErrNeedsShell
	}
	return words, nil
}

// group is the job object of a program: what the program starts belongs to it too, except
// in the moment between the program's start and its assignment.
type group struct {
	cmd *exec.Cmd
	job windows.Handle // 0 if there is none
}

func newGroup(cmd *exec.Cmd) *group {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		job = 0
	}
	return &group{cmd, job}
}

// started puts the program into its job.
func (g *group) started() {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(g.cmd.Process.Pid))
	if err != nil {
		return
	}
	defer windows.CloseHandle(process)
	_ = windows.AssignProcessToJobObject(g.job, process) // if this fails, only the program itself is killed
}

func (g *group) close() {
	if g.job != 0 {
		windows.CloseHandle(g.job)
	}
}

// kill kills everything in the job, and the program if it is not in it.
func (g *group) kill() error {
	if g.job != 0 {
		_ = windows.TerminateJobObject(g.job, 1)
	}
	return g.cmd.Process.Kill()
}
