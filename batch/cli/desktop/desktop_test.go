package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func TestPresent(t *testing.T) {
	display := map[string]string{"DISPLAY": ":0"}
	for _, elsewhere := range []string{"CI", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"} {
		variables := map[string]string{"DISPLAY": ":0", elsewhere: "true"}
		if err := Open("book.xlsx", func(name string) string { return variables[name] }); !errors.Is(err, ErrNone) {
			t.Errorf("with %s: %v", elsewhere, err)
		}
	}
	if runtime.GOOS != "linux" {
		return
	}
	if !Present(func(name string) string { return display[name] }) {
		t.Error("a display is not taken for a desktop")
	}
	if Present(func(string) string { return "" }) {
		t.Error("there is a desktop without a display")
	}
}

// TestOpen opens files with a program that takes some, refuses others, and stays for one.
func TestOpen(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a script cannot take the place of what opens files here")
	}
	folder := t.TempDir()
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	script := "#!/bin/sh\ncase $1 in *stays*) exec sleep 600;; *refused*) exit 3;; esac\ncp \"$1\" \"$1.opened\"\n"
	if err := os.WriteFile(filepath.Join(folder, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	display := func(name string) string { return map[string]string{"WAYLAND_DISPLAY": "wayland-0"}[name] }
	book := filepath.Join(folder, "专线 $(x).xlsx")
	if err := os.WriteFile(book, []byte("book"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Open(book, display); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(book + ".opened"); err != nil {
		t.Error(err)
	}
	if err := Open("refused", display); err == nil {
		t.Error("a failure is not seen")
	}
	begun := time.Now()
	if err := Open("stays", display); err != nil || time.Since(begun) > 30*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}
