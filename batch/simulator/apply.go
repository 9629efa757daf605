package simulator

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// checkApplication checks the parameters of an application.
func (s *Simulator) checkApplication(c *call) *refusal {
	if ref := checkToken(c.params["ClientToken"]); ref != nil {
		return ref
	}
	return checkApply(c.params)
}

// applied makes an application take effect. It is a duplicate if the circuit had an LOA
// that was neither rejected nor deleted.
func (s *Simulator) applied(c *call, circuit *circuit, at time.Time) (duplicate bool) {
	duplicate = circuit.LOA != "" && circuit.LOA != Rejected && circuit.LOA != Deleted
	circuit.content = loaOf(c.params)
	circuit.engineers, _ = engineers(c.params)
	circuit.line = nil
	circuit.change(at, Applying, circuit.Status, c.api)
	circuit.waiting = at
	return duplicate
}

// codeLOAExists is the error code for a circuit whose LOA rules out an application.
const codeLOAExists = "IncorrectStatus.PhysicalConnectionLOA"

// mayApply refuses an application that the state of the circuit or its LOA rules out.
func (s *Simulator) mayApply(c *call, circuit *circuit) *refusal {
	switch {
	case circuit.absent:
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	case circuit.Status != "Allocated" || circuit.BusinessStatus != "Normal":
		return refuse("IncorrectStatus.PhysicalConnection", "The status of the physical connection does not support this operation.")
	}
	return s.checkLOA(c.api == secondApply, circuit.LOA)
}

// checkLOA refuses an application that the state of the existing LOA rules out.
func (s *Simulator) checkLOA(second bool, state string) *refusal {
	allowed := state == "" || state == Deleted || state == Rejected && s.o.ApplyAgain || s.o.AllowDuplicates
	if second {
		allowed = state == Rejected
	}
	if !allowed {
		return refuse(codeLOAExists, "The status of the LOA does not support this operation.")
	}
	return nil
}

// forbidden is the refusal by a RAM policy.
func forbidden() *refusal {
	return &refusal{status: http.StatusForbidden, code: "Forbidden.RAM", message: "User not authorized to operate on the specified resource, or this API doesn't support RAM."}
}

// loaOf returns the data that DescribePhysicalConnectionLOA reports of an application,
// with personal data masked as the real service masks it.
func loaOf(p map[string]string) loaData {
	mbit, _ := strconv.Atoi(p["Bandwidth"])
	d := loaData{company: p["CompanyName"], si: p["Si"], lineType: p["LineType"], construction: p["ConstructionTime"], peer: p["PeerLocation"], bandwidth: mbit}
	n, _ := engineers(p)
	for i := 1; i <= n; i++ {
		at := "PMInfo." + strconv.Itoa(i) + "."
		d.engineers = append(d.engineers, map[string]string{
			"PMName":            masked(p[at+"PMName"], 1),
			"PMCertificateType": p[at+"PMCertificateType"],
			"PMCertificateNo":   masked(p[at+"PMCertificateNo"], 1),
			"PMGender":          p[at+"PMGender"],
			"PMContactInfo":     masked(p[at+"PMContactInfo"], 3),
		})
	}
	return d
}

// masked keeps the first characters of a value and hides the rest.
func masked(v string, first int) string {
	r := []rune(v)
	return string(r[:min(first, len(r)-1)]) + strings.Repeat("*", 4)
}
