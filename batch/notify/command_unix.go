//go:build unix

package notify

import (
	"os/exec"
	"strings"
	"syscall"

	"mvdan.cc/sh/v3/syntax"
)

// errNotProgram says that a file is not a program.
const errNotProgram = syscall.ENOEXEC

// splitCommand reads a line as a POSIX shell does, and accepts one simple command whose
// words are literal.
func splitCommand(line string) ([]string, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil || len(file.Stmts) != 1 {
		return nil, ErrNeedsShell
	}
	s := file.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || s.Background || len(s.Redirs) > 0 || len(call.Assigns) > 0 {
		return nil, ErrNeedsShell
	}
	words := make([]string, len(call.Args))
	for i, arg := range call.Args {
		if words[i], ok = literal(arg.Parts, false); !ok {
			return nil, ErrNeedsShell
		}
	}
	return words, nil
}

// literal returns the text of a word without its quotes, unless a shell would expand it.
func literal(parts []syntax.WordPart, quoted bool) (string, bool) {
	var b strings.Builder
	for i, part := range parts {
		switch part := part.(type) {
		case *syntax.Lit:
			text, ok := unescape(part.Value, quoted, i == 0)
			if !ok {
				return "", false
			}
			b.WriteString(text)
		case *syntax.SglQuoted:
			if part.Dollar {
				return "", false
			}
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			text, ok := literal(part.Parts, true)
			if !ok || part.Dollar {
				return "", false
			}
			b.WriteString(text)
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape removes backslashes as a shell does: within double quotes they stay except
// before $, `, ", \ and the end of a line. Outside, patterns and a leading ~ would be expanded.
func unescape(text string, quoted, first bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text) && (!quoted || strings.IndexByte("$`\"\\\n", text[i+1]) >= 0):
			if i++; text[i] != '\n' {
				b.WriteByte(text[i])
			}
		case !quoted && strings.IndexByte("*?[", c) >= 0, !quoted && first && i == 0 && c == '~':
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// group is the process group of a program.
type group struct{ cmd *exec.Cmd }

func newGroup(cmd *exec.Cmd) group {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return group{cmd}
}

func (g group) started() {}

func (g group) close() {}

// kill kills the whole group.
func (g group) kill() error { return syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL) }
