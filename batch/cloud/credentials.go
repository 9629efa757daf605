package cloud

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"
	"golang.org/x/sync/singleflight"
)

// keysFresh is how long keys are used before their source is asked again. The sources renew keys about
// three minutes before they expire.
const keysFresh = 30 * time.Second

// Credentials are the source of the keys that sign calls. Printing or logging a value shows the source and
// never a key.
type Credentials struct {
	source *source
}

// StaticCredentials are keys that are already known; the token is a temporary session's, and may be empty.
func StaticCredentials(id, secret, token string) Credentials {
	return Credentials{&source{name: "static", fixed: &keys{id: id, secret: secret, token: token}}}
}

// Source names where the keys come from: static, or the name of the chain's link with
// the profile if there is one, such as environment or cli-profile:night.
func (c Credentials) Source() string {
	if c.source == nil {
		return "none"
	}
	return c.source.name
}

// Lifetime says how long keys last, if their source tells.
type Lifetime struct {
	Temporary bool      // they belong to a session
	Renewed   bool      // their source replaces them before they expire
	Until     time.Time // when they expire, if they are not renewed and the source says when; otherwise zero
}

// Lifetime tells how long the keys last that were fetched last. It makes no API call.
func (c Credentials) Lifetime() Lifetime {
	if c.source == nil {
		return Lifetime{}
	}
	if c.source.fixed != nil {
		return Lifetime{Temporary: c.source.fixed.token != ""}
	}
	c.source.mu.Lock()
	temporary := c.source.last.token != ""
	c.source.mu.Unlock()
	link, profile, _ := strings.Cut(c.source.name, ":")
	switch {
	case !temporary:
		return Lifetime{}
	case link == "environment":
		return Lifetime{Temporary: true}
	case link == "cli-profile":
		return cliLifetime(profile)
	}
	return Lifetime{Temporary: true, Renewed: true}
}

// cliLifetime tells how long the session of a CLI profile lasts. The CLI writes a session's keys into the
// file, perhaps with their expiry; those of any other kind of profile are fetched again.
func cliLifetime(profile string) Lifetime {
	l := Lifetime{Temporary: true, Renewed: true}
	content, err := os.ReadFile(pathOf(cliFile()))
	if err != nil {
		return l
	}
	var file struct {
		Current  string `json:"current"`
		Profiles []struct {
			Name    string `json:"name"`
			Mode    string `json:"mode"`
			Expires int64  `json:"sts_expiration"` // Unix time in seconds
		} `json:"profiles"`
	}
	if json.Unmarshal(content, &file) != nil {
		return l
	}
	for _, p := range file.Profiles {
		if p.Name != cmp.Or(profile, os.Getenv("ALIBABA_CLOUD_PROFILE"), file.Current) || p.Mode != "StsToken" {
			continue
		}
		l.Renewed = false
		if p.Expires > 0 {
			l.Until = time.Unix(p.Expires, 0).UTC()
		}
	}
	return l
}

// Format prints the source, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "credentials(%s)", c.Source()) }

// LogValue returns the source.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.Source()) }

// MarshalText returns the source.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.Source()), nil }

// keys returns the current keys. Concurrent calls that need new keys wait for one request; a cancelled call
// stops waiting.
func (c Credentials) keys(ctx context.Context) (keys, error) {
	if c.source.fixed != nil {
		return *c.source.fixed, nil
	}
	if k, ok := c.source.fresh(); ok {
		return k, nil
	}
	found := c.source.flight.DoChan("", func() (any, error) { return c.source.renew() })
	select {
	case <-ctx.Done():
		return noKeys, ctx.Err()
	case r := <-found:
		if r.Err != nil {
			return noKeys, r.Err
		}
		return r.Val.(keys), nil
	}
}

// keys are an access key and the token of its session, if it has one.
type keys struct {
	id, secret, token string
}

var noKeys keys

// Format prints nothing of the keys, whatever the verb.
func (k keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys(hidden)") }

// appendTo adds the keys to a list of values that must not appear in an error.
func (k keys) appendTo(private []string) []string { return append(private, k.id, k.secret, k.token) }

// source is one place that keys come from.
type source struct {
	name   string
	fixed  *keys // if set: always these, without asking
	build  func() (providers.CredentialsProvider, error)
	flight singleflight.Group

	asking   sync.Mutex // guards provider, which is not safe for two goroutines
	provider providers.CredentialsProvider

	mu          sync.Mutex // guards what follows
	last        keys
	asked       time.Time // wall clock: a machine that was suspended asks again
	replacement bool      // last was fetched because the API rejected others, and has never been accepted
}

// fresh returns the last keys while they are fresh.
func (s *source) fresh() (keys, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := time.Now().Round(0).Sub(s.asked)
	return s.last, !s.asked.IsZero() && age >= 0 && age < keysFresh
}

// renew asks the provider. Its errors are dropped: they quote files, addresses and answers, including
// secrets.
func (s *source) renew() (k keys, err error) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if k, ok := s.fresh(); ok {
		return k, nil
	}
	k, ok := askProvider(s.provider)
	if !ok {
		return noKeys, &CredentialsError{Tried: []Attempt{{Source: s.name, State: StateFailed}}}
	}
	s.mu.Lock()
	s.last, s.asked = k, time.Now().Round(0)
	s.mu.Unlock()
	return k, nil
}

// askProvider gets keys from a provider of the library, which may panic on unexpected answers.
func askProvider(p providers.CredentialsProvider) (k keys, ok bool) {
	defer func() {
		if recover() != nil {
			k, ok = noKeys, false
		}
	}()
	c, err := p.GetCredentials()
	if err != nil || c == nil || c.AccessKeyId == "" || c.AccessKeySecret == "" {
		return noKeys, false
	}
	return keys{id: c.AccessKeyId, secret: c.AccessKeySecret, token: c.SecurityToken}, true
}

// The states of a link of the credentials chain.
const (
	StateAbsent  = "absent"  // not configured here
	StateFailed  = "failed"  // configured, but it gave no keys
	StateEncoded = "encoded" // likewise, in a file that must be saved as UTF-8 without a byte order mark
)

// Attempt is one link of the credentials chain that gave no keys.
type Attempt struct {
	Source string // environment, oidc, cli-profile, credentials-file, ecs-role or uri; with :NAME for a named profile
	State  string // StateAbsent, StateFailed or StateEncoded
}

// CredentialsError says that no keys were found. It does not quote the sources, whose errors contain files
// and answers including secrets.
type CredentialsError struct {
	Profile string    // the profile that was asked for; may be empty
	Tried   []Attempt // in the order of the chain; empty when no credentials were given at all
}

// Error lists what was tried.
func (e *CredentialsError) Error() string {
	tried := make([]string, len(e.Tried))
	for i, a := range e.Tried {
		tried[i] = a.Source + " " + a.State
	}
	return "no credentials (" + strings.Join(tried, ", ") + ")"
}

// link is one place where credentials may be.
type link struct {
	source     string
	configured func() bool
	build      func() (providers.CredentialsProvider, error)
	encoded    func() bool // whether the library cannot read its file for the encoding; nil without a file
}

// FindCredentials resolves the standard chain of Alibaba Cloud and returns the first
// link that yields keys: environment variables, OIDC, the CLI's profile, the credentials
// file, the RAM role of the machine, the credentials URI
// (https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-manage-go-access-credentials).
// With a profile name, only that profile in the CLI's configuration and the credentials file is tried. It
// asks once now, which may take a few seconds on a machine without a metadata service; later renewals
// ask the same link. Its error is a *CredentialsError.
//
// Session keys are renewed for as long as the link provides them, and at once if the API rejects them.
func FindCredentials(profile string) (Credentials, error) {
	failure := &CredentialsError{Profile: profile}
	for _, l := range chain(profile) {
		if !l.configured() {
			failure.Tried = append(failure.Tried, Attempt{l.source, StateAbsent})
			continue
		}
		p, err := l.build()
		if err == nil {
			s := &source{name: l.source, build: l.build, provider: p}
			if _, err = s.renew(); err == nil {
				return Credentials{s}, nil
			}
		}
		state := StateFailed
		if l.encoded != nil && l.encoded() {
			state = StateEncoded
		}
		failure.Tried = append(failure.Tried, Attempt{l.source, state})
	}
	return Credentials{}, failure
}

// chain lists the links in the library's own order. The library's ready-made chain is
// not used: after one failure it stays with its last link, and its errors are texts.
func chain(profile string) []link {
	files := []link{
		{named("cli-profile", profile), cliConfigured, func() (providers.CredentialsProvider, error) {
			return providers.NewCLIProfileCredentialsProviderBuilder().WithProfileName(profile).Build()
		}, func() bool { return beginsWith(pathOf(cliFile()), "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff") }},
		{named("credentials-file", profile), fileConfigured, func() (providers.CredentialsProvider, error) {
			return providers.NewProfileCredentialsProviderBuilder().WithProfileName(profile).Build()
		}, func() bool { return beginsWith(pathOf(profilesFile()), "\xff\xfe", "\xfe\xff") }},
	}
	if profile != "" {
		return files
	}
	links := []link{
		{"environment", anySet("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"), func() (providers.CredentialsProvider, error) {
			return providers.NewEnvironmentVariableCredentialsProviderBuilder().Build()
		}, nil},
		{"oidc", anySet("ALIBABA_CLOUD_OIDC_TOKEN_FILE"), func() (providers.CredentialsProvider, error) {
			return providers.NewOIDCCredentialsProviderBuilder().Build()
		}, nil},
	}
	links = append(links, files...)
	return append(links,
		link{"ecs-role", roleConfigured, func() (providers.CredentialsProvider, error) {
			return providers.NewECSRAMRoleCredentialsProviderBuilder().Build()
		}, nil},
		link{"uri", anySet("ALIBABA_CLOUD_CREDENTIALS_URI"), func() (providers.CredentialsProvider, error) {
			return providers.NewURLCredentialsProviderBuilder().Build()
		}, nil})
}

func named(source, profile string) string {
	if profile == "" {
		return source
	}
	return source + ":" + profile
}

// anySet reports whether one of the variables is set.
func anySet(names ...string) func() bool {
	return func() bool {
		for _, name := range names {
			if os.Getenv(name) != "" {
				return true
			}
		}
		return false
	}
}

// cliFile returns the variable that names the file of the CLI's profiles, and where it is otherwise.
func cliFile() (variable, belowHome string) {
	return "ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json"
}

// profilesFile is cliFile for the credentials file.
func profilesFile() (variable, belowHome string) {
	return "ALIBABA_CLOUD_CREDENTIALS_FILE", ".alibabacloud/credentials"
}

func cliConfigured() bool {
	return !isTrue("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") && fileExists(cliFile())
}

func fileConfigured() bool { return fileExists(profilesFile()) }

// beginsWith reports whether a file begins with one of the marks.
func beginsWith(path string, marks ...string) bool {
	content, err := os.ReadFile(path)
	return err == nil && slices.ContainsFunc(marks, func(mark string) bool { return bytes.HasPrefix(content, []byte(mark)) })
}

// roleConfigured is true unless switched off: only the metadata service can tell.
func roleConfigured() bool { return !isTrue("ALIBABA_CLOUD_ECS_METADATA_DISABLED") }

func isTrue(variable string) bool { return strings.EqualFold(os.Getenv(variable), "true") }

// fileExists reports whether a file exists: the one that the variable names, or else the one below the home
// directory. A file that cannot be examined counts as existing.
func fileExists(variable, belowHome string) bool {
	path := pathOf(variable, belowHome)
	if path == "" {
		return false
	}
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// pathOf returns the path that a variable names, or else the one below the home directory, or "" if that is
// not known.
func pathOf(variable, belowHome string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, belowHome)
}
