package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/loabatch/loabatch/batch"
)

// provider gives keys to one caller at a time: it has no lock, so the race detector notices two at once.
type provider struct {
	asked int
	get   func(n int) (*providers.Credentials, error)
}

func (p *provider) GetCredentials() (*providers.Credentials, error) {
	p.asked++
	return p.get(p.asked)
}
func (p *provider) GetProviderName() string { return "test" }

func session(n int) (*providers.Credentials, error) {
	time.Sleep(time.Second)
	return &providers.Credentials{AccessKeyId: fmt.Sprint("id-", n), AccessKeySecret: "s", SecurityToken: "t"}, nil
}

// Keys are looked up once for all callers, and again when they may have changed.
func TestKeysAreRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &provider{get: session}
		c := Credentials{&source{name: "test", provider: p}}
		for round := 1; round <= 3; round++ {
			var wait sync.WaitGroup
			for range 64 {
				wait.Go(func() {
					k, err := c.keys(t.Context())
					if err != nil || k.id != fmt.Sprint("id-", round) {
						t.Errorf("round %d: %v %v", round, k.id, err)
					}
				})
			}
			wait.Wait()
			if p.asked != round {
				t.Errorf("round %d: asked %d times", round, p.asked)
			}
			time.Sleep(keysFresh)
		}
	})
}

// A hanging lookup costs only the attempt's timeout, and nothing was sent.
func TestCredentialsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := cloudAt(t, "http://127.0.0.1:80")
		c.credentials = Credentials{&source{name: "test", provider: &provider{get: func(int) (*providers.Credentials, error) {
			<-release
			return nil, errors.New("late")
		}}}}
		start := time.Now()
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); *e != (batch.CallError{Class: batch.NotSent, Code: codeCredentials}) || time.Since(start) != 5*time.Second {
			t.Errorf("%+v after %v", *e, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Submit(ctx, application()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up: %v", err)
		}
		close(release)
	})
}

// The provider's errors and panics quote secrets, which must not be repeated.
func TestProviderFailures(t *testing.T) {
	for name, get := range map[string]func(int) (*providers.Credentials, error){
		"error":   func(int) (*providers.Credentials, error) { return nil, errors.New(canarySecret) },
		"panic":   func(int) (*providers.Credentials, error) { panic(canarySecret) },
		"nothing": func(int) (*providers.Credentials, error) { return nil, nil },
		"half": func(int) (*providers.Credentials, error) {
			return &providers.Credentials{AccessKeyId: canaryKeyID}, nil
		},
	} {
		c := cloudAt(t, "http://127.0.0.1:1")
		c.credentials = Credentials{&source{name: "test", provider: &provider{get: get}}}
		_, err := c.Submit(t.Context(), application())
		if e := callError(t, err); *e != (batch.CallError{Class: batch.NotSent, Code: codeCredentials}) {
			t.Errorf("%s: %+v", name, *e)
		}
	}
}

func TestCredentialsPrintNoKeys(t *testing.T) {
	c := canaryCredentials()
	marshalled, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s %q %x", c, c, c, c, c, c), fmt.Sprintf("%+v", Config{Credentials: c}),
		string(marshalled), c.LogValue().String(), fmt.Sprintf("%+v %#v", *c.source.fixed, *c.source.fixed),
	} {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%q shows %q", text, canary)
			}
		}
	}
	if c.Source() != "static" || (Credentials{}).Source() != "none" {
		t.Error("source")
	}
}

// alone removes from the environment everything that credentials could come from.
func alone(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	for _, name := range []string{
		"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
		"ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_CONFIG_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE",
		"ALIBABA_CLOUD_PROFILE", "ALIBABA_CLOUD_CREDENTIALS_URI", "ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "ALIBABA_CLOUD_ECS_METADATA",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	return home
}

func write(t *testing.T, home, name, text string) {
	t.Helper()
	path := filepath.Join(home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const cliConfig = `{"current":"day","profiles":[
	{"name":"day","mode":"AK","access_key_id":"id-day","access_key_secret":"s"},
	{"name":"night","mode":"StsToken","access_key_id":"id-night","access_key_secret":"s","sts_token":"token-night"}]}`

const credentialsFile = "[default]\ntype=access_key\naccess_key_id=id-file\naccess_key_secret=s\n[backup]\ntype=access_key\naccess_key_id=id-backup\naccess_key_secret=s\n"

func TestFindCredentials(t *testing.T) {
	for _, tc := range []struct {
		name    string
		env     map[string]string
		files   map[string]string
		profile string
		source  string
		id      string
	}{
		{"environment before files", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "id-env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"},
			map[string]string{".aliyun/config.json": cliConfig}, "", "environment", "id-env"},
		{"the CLI's current profile", nil, map[string]string{".aliyun/config.json": cliConfig, ".alibabacloud/credentials": credentialsFile}, "", "cli-profile", "id-day"},
		{"a named profile before the environment", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "id-env", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"},
			map[string]string{".aliyun/config.json": cliConfig}, "night", "cli-profile:night", "id-night"},
		{"the file", nil, map[string]string{".alibabacloud/credentials": credentialsFile}, "", "credentials-file", "id-file"},
		{"a profile of the file", nil, map[string]string{".aliyun/config.json": cliConfig, ".alibabacloud/credentials": credentialsFile}, "backup", "credentials-file:backup", "id-backup"},
		{"half an environment", map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "id-env"},
			map[string]string{".alibabacloud/credentials": credentialsFile}, "", "credentials-file", "id-file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			home := alone(t)
			for name, value := range tc.env {
				t.Setenv(name, value)
			}
			for name, text := range tc.files {
				write(t, home, name, text)
			}
			c, err := FindCredentials(tc.profile)
			if err != nil {
				t.Fatal(err)
			}
			k, err := c.keys(t.Context())
			if err != nil || c.Source() != tc.source || k.id != tc.id {
				t.Errorf("%s %s %v, want %s %s", c.Source(), k.id, err, tc.source, tc.id)
			}
			if tc.profile == "night" && k.token != "token-night" {
				t.Error("the session token is lost")
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	home := alone(t)
	_, err := FindCredentials("")
	e, ok := errors.AsType[*CredentialsError](err)
	want := []Attempt{
		{"environment", StateAbsent}, {"oidc", StateAbsent}, {"cli-profile", StateAbsent},
		{"credentials-file", StateAbsent}, {"ecs-role", StateAbsent}, {"uri", StateAbsent},
	}
	if !ok || !slices.Equal(e.Tried, want) {
		t.Errorf("%v", err)
	}
	// The library quotes a file that it cannot parse, with the secrets in it.
	write(t, home, ".aliyun/config.json", `{"current":"x","profiles":[{"access_key_secret":"`+canarySecret+`"`)
	write(t, home, ".alibabacloud/credentials", "["+canarySecret)
	_, err = FindCredentials("night")
	e, ok = errors.AsType[*CredentialsError](err)
	want = []Attempt{{"cli-profile:night", StateFailed}, {"credentials-file:night", StateFailed}}
	if !ok || e.Profile != "night" || !slices.Equal(e.Tried, want) || strings.Contains(fmt.Sprintf("%v %+v", err, *e), canarySecret) {
		t.Errorf("%v", err)
	}
}

// TestEncodedCredentials names the files that an editor or PowerShell has saved in an encoding that
// the library does not read.
func TestEncodedCredentials(t *testing.T) {
	utf16 := func(text string) string {
		return "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
	}
	for _, c := range []struct{ cli, file, cliState, fileState string }{
		{"\ufeff" + cliConfig, utf16(credentialsFile), StateEncoded, StateEncoded},
		{utf16(cliConfig), "\ufeff[other]\n", StateEncoded, StateFailed},
		{strings.ReplaceAll(cliConfig, "\n", "\r\n"), "[other]\r\n", StateFailed, StateFailed},
	} {
		home := alone(t)
		write(t, home, ".aliyun/config.json", c.cli)
		write(t, home, ".alibabacloud/credentials", c.file)
		_, err := FindCredentials("default")
		e, ok := errors.AsType[*CredentialsError](err)
		if want := []Attempt{{"cli-profile:default", c.cliState}, {"credentials-file:default", c.fileState}}; !ok || !slices.Equal(e.Tried, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestNewWithoutCredentials(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("no error")
	}
}

// TestLifetime checks which keys are known to expire, and when.
func TestLifetime(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	for _, name := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_PROFILE"} {
		t.Setenv(name, "")
	}
	config := filepath.Join(home, "config.json")
	t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", config)
	keys := `"access_key_id":"id","access_key_secret":"secret"`
	if err := os.WriteFile(config, []byte(`{"current":"short","profiles":[
		{"name":"ak","mode":"AK",`+keys+`},
		{"name":"short","mode":"StsToken","sts_token":"t",`+keys+`},
		{"name":"known","mode":"StsToken","sts_token":"t","sts_expiration":1800000000,`+keys+`}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for profile, want := range map[string]Lifetime{
		"ak": {}, "short": {Temporary: true}, "": {Temporary: true}, "known": {Temporary: true, Until: time.Unix(1800000000, 0).UTC()},
	} {
		c, err := FindCredentials(profile)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Lifetime(); got != want {
			t.Errorf("profile %q: %+v, want %+v", profile, got, want)
		}
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "t")
	c, err := FindCredentials("")
	if got := c.Lifetime(); err != nil || got != (Lifetime{Temporary: true}) {
		t.Errorf("environment: %+v, %v", got, err)
	}
	renewed := Credentials{&source{name: "ecs-role", last: keysOf("t")}}
	if got := renewed.Lifetime(); got != (Lifetime{Temporary: true, Renewed: true}) {
		t.Errorf("a role: %+v", got)
	}
	if got := StaticCredentials("id", "secret", "").Lifetime(); got != (Lifetime{}) || (Credentials{}).Lifetime() != (Lifetime{}) {
		t.Errorf("static: %+v", got)
	}
}

func keysOf(token string) keys { return keys{id: "id", secret: "secret", token: token} }
