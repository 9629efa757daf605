package simulator

import (
	"log/slog"
	"time"
)

// Options say what is simulated. The zero value has no key, so that it refuses every call.
type Options struct {
	Keys           map[string]string // access key ID to secret; all belong to the one account
	SecurityTokens map[string]string // access key ID to the security token that its calls must carry
	Account        string            // account ID; empty means 1000000000000001

	Quota  int           // requests in a window for each region and API; 0 means 300, below 0 no limit
	Window time.Duration // length of the sliding window; 0 means 60 s

	Faults Plan                        // what goes wrong by chance
	Script func(Request) (Fault, bool) // what goes wrong by design: where it reports true its fault counts, not the plan's
	Seed   uint64                      // of the plan's chance
	Late   time.Duration               // how long after a Late fault the effect comes; 0 means 100 ms

	Circuits        []Circuit        // the circuits of the account
	OnlyDeclared    bool             // other circuits are not found; else they exist and are Allocated, or as their Markers tell
	Regions         []string         // the regions there are; nil means Regions
	Review          time.Duration    // an LOA becomes Available, or Rejected where a marker tells so, so long after it was applied for; 0 means only Age does that
	Lag             time.Duration    // how long the Describe APIs still tell the LOA's former state after an application took effect
	TokenLife       time.Duration    // how long a client token is remembered; 0 means for ever
	BillingOff      bool             // billing for outbound data transfer is off
	Denied          []string         // APIs that the RAM policy denies: Forbidden.RAM
	ForgetRefusals  bool             // a refused token may be used again with other parameters
	AllowDuplicates bool             // an LOA does not stand against another one: only the client token guards
	ApplyAgain      bool             // ApplyPhysicalConnectionLOA is accepted where the LOA was Rejected, as the API page allows
	Now             func() time.Time // the service's clock; nil means time.Now
	Log             *slog.Logger     // one line for each call; nil means none
}

// complete puts the defaults in.
func (o *Options) complete() {
	if o.Account == "" {
		o.Account = "1000000000000001"
	}
	if o.Quota == 0 {
		o.Quota = 300
	}
	if o.Window <= 0 {
		o.Window = time.Minute
	}
	if o.Late <= 0 {
		o.Late = 100 * time.Millisecond
	}
	if o.Regions == nil {
		o.Regions = Regions
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}
