package cli

import (
	"path/filepath"
	"runtime"
	"strings"
)

// ledgerPath gives the ledger of --ledger, or the place that the platform keeps such
// things: $XDG_STATE_HOME/loabatch (XDG Base Directory Specification), with
// ~/.local/state where that is not set; ~/Library/Application Support on macOS and
// %LocalAppData% on Windows.
func (a *app) ledgerPath(flag string) (string, error) {
	if strings.HasPrefix(flag, "postgres://") || strings.HasPrefix(flag, "postgresql://") {
		return "", failure(exitUsage, "no-postgres-yet", nil)
	}
	if flag != "" {
		return flag, nil
	}
	base := a.env.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		switch runtime.GOOS {
		case "windows":
			base = a.env.Getenv("LocalAppData")
		case "darwin":
			base = under(a.env.Getenv("HOME"), "Library", "Application Support")
		default:
			base = under(a.env.Getenv("HOME"), ".local", "state")
		}
	}
	if base == "" {
		return "", failure(exitUsage, "no-ledger-place", nil)
	}
	return filepath.Join(base, "loabatch", "ledger.db"), nil
}

// under joins a path below a folder, or gives "" when the folder is not known.
func under(folder string, elements ...string) string {
	if folder == "" {
		return ""
	}
	return filepath.Join(append([]string{folder}, elements...)...)
}
