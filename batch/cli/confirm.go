package cli

import (
	"bufio"
	"fmt"
	"strings"
)

// confirm asks before something is really sent. Without a terminal nobody can answer,
// so the run is refused unless --yes was given.
func (a *app) confirm(yes bool, applications int, account, endpoint string) error {
	if yes || applications == 0 {
		return nil
	}
	if !a.env.StdinTerminal {
		return failure(exitUsage, "no-terminal-no-yes", nil)
	}
	signals := a.signals()
	question, _ := a.lines.words.Render("confirm", map[string]string{
		"count": number(applications), "account": account, "endpoint": endpoint,
	})
	fmt.Fprintf(a.env.Stderr, "%s [y/N] ", question)
	answers := make(chan string, 1)
	go func() {
		answer, _ := bufio.NewReader(a.env.Stdin).ReadString('\n') // the end of input is a no
		answers <- answer
	}()
	select {
	case s := <-signals:
		fmt.Fprintln(a.env.Stderr)
		return failure(signalExit(s), "not-confirmed", nil)
	case answer := <-answers:
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "y", "yes":
			return nil
		}
	}
	return failure(exitUsage, "not-confirmed", nil)
}
