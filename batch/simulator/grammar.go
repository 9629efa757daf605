package simulator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// String gives the plan in the grammar of ParseFaults.
func (p Plan) String() string {
	var items []string
	for _, s := range p.Shares {
		fault := s.Fault.String()
		if s.Either {
			fault = strings.Replace(fault, "-"+s.Fault.When.String(), "", 1)
		}
		items = append(items, s.Scope.prefix()+fault+":"+strconv.FormatFloat(s.Percent, 'f', -1, 64)+"%")
	}
	for _, d := range p.Delays {
		item := d.Scope.prefix() + "latency:" + d.Latency.String()
		if d.Jitter > 0 {
			item += "±" + d.Jitter.String()
		}
		items = append(items, item)
	}
	return strings.Join(items, ",")
}

// prefix gives the scope as it stands before an item.
func (sc Scope) prefix() string {
	text := ""
	for _, part := range []string{sc.API, sc.Region} {
		if part != "" {
			text += part + "/"
		}
	}
	return text
}

// ParseFaults reads a plan such as
//
//	503:5%,drop-after:2%,hang=3s:1%,ApplyPhysicalConnectionLOA/cut:10%,cn-beijing/latency:2s,latency:20ms±10ms
//
// An item is a fault and its percentage. The fault's kind may be followed by -before,
// -after or -late (left out: before or after, as a coin falls for each call; before for
// answers that deny any effect, after for those that affirm it) and by =DURATION for hang and stall. latency:D±D delays
// calls; ± may be written +-. An item may be preceded by the one API and the one region
// that it is about, each with a slash.
func ParseFaults(text string) (Plan, error) {
	var p Plan
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if err := p.add(item); err != nil {
			return Plan{}, fmt.Errorf("fault %q: %w", item, err)
		}
	}
	return p, p.check()
}

// add adds an item of the grammar to the plan.
func (p *Plan) add(item string) error {
	name, value, ok := strings.Cut(item, ":")
	if !ok {
		return fmt.Errorf("it has no value; write it as %s:5%%", item)
	}
	scope, name, err := parseScope(name)
	if err != nil {
		return err
	}
	if name == "latency" {
		d, err := parseDelay(value)
		d.Scope = scope
		p.Delays = append(p.Delays, d)
		return err
	}
	s, err := parseShare(name, value)
	s.Scope = scope
	p.Shares = append(p.Shares, s)
	return err
}

// check refuses a plan that gives some call more than 100 percent.
func (p *Plan) check() error {
	regions := map[string]bool{"": true}
	for _, s := range p.Shares {
		regions[s.Scope.Region] = true
	}
	for _, name := range slices.Sorted(maps.Keys(apis)) {
		for _, region := range slices.Sorted(maps.Keys(regions)) {
			sum := 0.0
			for _, s := range p.Shares {
				if s.Scope.holds(name, region) {
					sum += s.Percent
				}
			}
			if sum > 100+1e-9 {
				return fmt.Errorf("the faults of %s add up to %g%%; at most 100%% is possible", name, sum)
			}
		}
	}
	return nil
}

var regionID = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)

// parseScope cuts the API and the region off an item's name.
func parseScope(name string) (sc Scope, rest string, err error) {
	for {
		part, after, ok := strings.Cut(name, "/")
		_, known := apis[part]
		switch {
		case !ok:
			return sc, name, nil
		case known && sc == Scope{}:
			sc.API = part
		case sc.Region == "" && regionID.MatchString(part):
			sc.Region = part
		default:
			return sc, "", fmt.Errorf("%q is no API that is served, nor a region", part)
		}
		name = after
	}
}

// parseShare reads a fault's name and percentage.
func parseShare(name, value string) (Share, error) {
	percent, sign := strings.CutSuffix(value, "%")
	n, err := strconv.ParseFloat(percent, 64)
	if err != nil || !sign || !(n > 0 && n <= 100) {
		return Share{}, fmt.Errorf("want a percentage above 0 and at most 100, such as 5%%")
	}
	name, hold, held := strings.Cut(name, "=")
	kind, when, told := cutWhen(name)
	s := Share{Fault: Fault{Kind: kind, When: when}, Percent: n}
	k, known := kinds[kind]
	if !known {
		return Share{}, fmt.Errorf("there is no such fault; it is one of %s", strings.Join(kindNames(), ", "))
	}
	if held {
		s.Fault.Hold, err = time.ParseDuration(hold)
		if err != nil || s.Fault.Hold <= 0 || !k.holds {
			return Share{}, fmt.Errorf("only hang and stall take a duration, such as hang=3s")
		}
	}
	if !told && k.usual == telling {
		s.Fault.When = After
	}
	s.Either = !told && k.usual == either
	return s, nil
}

// cutWhen cuts -before, -after or -late off a fault's name.
func cutWhen(name string) (kind string, when When, found bool) {
	for i, word := range whenNames {
		if kind, ok := strings.CutSuffix(name, "-"+word); ok {
			return kind, When(i), true
		}
	}
	return name, Before, false
}

// parseDelay reads a duration and perhaps its jitter.
func parseDelay(value string) (Delay, error) {
	text, spread, jittery := strings.Cut(strings.Replace(value, "+-", "±", 1), "±")
	var d Delay
	var err error
	d.Latency, err = time.ParseDuration(text)
	if err == nil && jittery {
		d.Jitter, err = time.ParseDuration(spread)
	}
	if err != nil || d.Latency < 0 || d.Jitter < 0 || d.Jitter > d.Latency {
		return Delay{}, fmt.Errorf("want a duration such as 20ms, or 20ms±10ms with the second one no longer than the first")
	}
	return d, nil
}

// kindNames gives the kinds in order.
func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }
