package simulator

import (
	"fmt"
	"strconv"
	"strings"
)

// describeLOA serves DescribePhysicalConnectionLOA. For a circuit without an LOA it
// returns an empty one; the real service's answer is undocumented.
func (s *Simulator) describeLOA(c *call) answer {
	s.pause(c)
	if ref := s.checkInstance(c); ref != nil {
		return ref.answer(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	circuit := s.circuit(c)
	if circuit.absent {
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.").answer(c)
	}
	loa := map[string]any{}
	if now := circuit.visible(s.o.Now(), s.o.Lag); now.LOAStatus != "" {
		loa = circuit.describe(now)
		if hasLetter(now.LOAStatus) && hasLetter(circuit.LOA) {
			loa["LoaUrl"] = s.letterURL(c, circuit)
		}
	}
	return accept(c, map[string]any{"PhysicalConnectionLOAType": loa})
}

// describe returns the LOA in a state, with the field names of the API.
func (c *circuit) describe(now Change) map[string]any {
	line := now.lineData()
	loa := map[string]any{
		"InstanceId": c.InstanceID, "Status": now.LOAStatus, "CompanyName": c.content.company, "CompanyLocalizedName": c.content.company,
		"SI": c.content.si, "LineType": c.content.lineType, "ConstructionTime": c.content.construction,
		"LineCode": line.code, "LineLabel": line.label, "LineServiceProvider": line.provider, "LineSPContactInfo": line.contact, "LoaUrl": "",
		"PMInfo": map[string]any{"PMInfo": append([]map[string]string{}, c.content.engineers...)},
	}
	return loa
}

// hasLetter reports whether there is a letter in a state of the LOA.
func hasLetter(loa string) bool { return loa == Available || loa == Completing || loa == Complete }

// describeCircuits serves DescribePhysicalConnections: one page of the known circuits of a
// region that match the filters, sorted by instance ID. A filter that names an undeclared
// circuit makes it known.
func (s *Simulator) describeCircuits(c *call) answer {
	s.pause(c)
	if ref := s.checkRegion(c); ref != nil {
		return ref.answer(c)
	}
	page, size, ref := paging(c.params)
	if ref != nil {
		return ref.answer(c)
	}
	filters, ref := filtersOf(c.params)
	if ref != nil {
		return ref.answer(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range filters["PhysicalConnectionId"] {
		s.circuits.get(c.account, c.region, id, c.at)
	}
	c.at = s.o.Now()
	found := s.circuits.list(c.account, c.region, filters, c.at)
	total := len(found)
	found = found[min(total, (page-1)*size):min(total, page*size)]
	rows := make([]map[string]any, len(found))
	for i, circuit := range found {
		rows[i] = circuit.row(circuit.visible(c.at, s.o.Lag))
	}
	return accept(c, map[string]any{
		"PageNumber": page, "PageSize": size, "TotalCount": total,
		"PhysicalConnectionSet": map[string]any{"PhysicalConnectionType": rows},
	})
}

// paging reads PageNumber (1 to 100000, default 1) and PageSize (1 to 50, default 10).
func paging(p map[string]string) (page, size int, ref *refusal) {
	page, size = 1, 10
	for _, f := range []struct {
		name string
		to   *int
		most int
	}{{"PageNumber", &page, 100000}, {"PageSize", &size, 50}} {
		v, sent := p[f.name]
		if !sent {
			continue
		}
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > f.most {
			return 0, 0, refuse("IllegalParam."+f.name, "The parameter "+f.name+" is illegal.")
		}
		*f.to = n
	}
	return page, size, nil
}

// Limits on filters; the API page allows five values in each.
const (
	maxFilters      = 5
	maxFilterValues = 5
)

// filterFields are the fields that DescribePhysicalConnections filters by.
var filterFields = map[string]func(c *circuit, now Change) string{
	"PhysicalConnectionId": func(c *circuit, _ Change) string { return c.InstanceID },
	"Status":               func(_ *circuit, now Change) string { return now.Status },
	"Name":                 func(c *circuit, _ Change) string { return c.InstanceID },
}

// filtersOf reads Filter.1.Key, Filter.1.Value.1 and so on.
func filtersOf(p map[string]string) (map[string][]string, *refusal) {
	filters := map[string][]string{}
	taken := 0
	for i := 1; i <= maxFilters; i++ {
		key, sent := p[fmt.Sprintf("Filter.%d.Key", i)]
		if !sent {
			break
		}
		taken++
		if filterFields[key] == nil {
			return nil, refuse("InvalidFilterKey.ValueNotSupported", "The specified filter key is not supported.")
		}
		for j := 1; j <= maxFilterValues; j++ {
			v, sent := p[fmt.Sprintf("Filter.%d.Value.%d", i, j)]
			if !sent {
				break
			}
			taken++
			filters[key] = append(filters[key], v)
		}
	}
	for name := range p {
		if strings.HasPrefix(name, "Filter.") {
			taken--
		}
	}
	if taken != 0 {
		return nil, refuse("InvalidFilterValue.ExceedLimit", "There are too many filters or values, or a gap in their numbers.")
	}
	return filters, nil
}

// describeRegions serves DescribeRegions.
func (s *Simulator) describeRegions(c *call) answer {
	s.pause(c)
	rows := make([]map[string]string, len(s.o.Regions))
	for i, id := range s.o.Regions {
		rows[i] = map[string]string{"RegionId": id, "LocalName": id, "RegionEndpoint": "vpc." + id + ".aliyuncs.com"}
	}
	return accept(c, map[string]any{"Regions": map[string]any{"Region": rows}})
}

// serviceStatus serves GetPhysicalConnectionServiceStatus, which reports whether billing
// for outbound data transfer is on.
func (s *Simulator) serviceStatus(c *call) answer {
	s.pause(c)
	if ref := s.checkRegion(c); ref != nil {
		return ref.answer(c)
	}
	return accept(c, map[string]any{"Data": !s.o.BillingOff, "Enabled": !s.o.BillingOff})
}

// callerIdentity serves GetCallerIdentity of the Security Token Service.
func (s *Simulator) callerIdentity(c *call) answer {
	s.pause(c)
	return accept(c, map[string]any{
		"IdentityType": "Account", "AccountId": c.account, "UserId": c.account, "PrincipalId": c.account,
		"Arn": "acs:ram::" + c.account + ":root", "RoleId": "",
	})
}
