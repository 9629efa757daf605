package sheet

import "strings"

// sameness finds equal certificates among the engineers of a circuit, in one step for
// each engineer, however many there are.
type sameness struct {
	number []int32 // by engineer: its certificate's number, or -1 without one
	last   []int32 // by certificate's number: the engineer seen last
	round  []int32 // by certificate's number: in which round that was
	now    int32
	told   []bool // by engineer
	tell   func(a, b int32)
}

func certificates(engineers []Engineer) *sameness {
	type certificate struct{ kind, number string }
	s := &sameness{number: make([]int32, len(engineers))}
	ids := make(map[certificate]int32, len(engineers)/2)
	for i := range engineers {
		e := &engineers[i]
		s.number[i] = -1
		if e.CertificateType == "" || e.CertificateNo == "" {
			continue
		}
		key := certificate{e.CertificateType, strings.ToUpper(e.CertificateNo.Reveal())}
		id, seen := ids[key]
		if !seen {
			id = int32(len(ids))
			ids[key] = id
		}
		s.number[i] = id
	}
	s.last, s.round = make([]int32, len(ids)), make([]int32, len(ids))
	return s
}

// check looks at the engineers of one circuit.
func (s *sameness) check(list []int32) {
	s.now++
	for _, e := range list {
		n := s.number[e]
		if n < 0 {
			continue
		}
		if s.round[n] == s.now {
			s.tellOnce(e, s.last[n])
			s.tellOnce(s.last[n], e)
		}
		s.last[n], s.round[n] = e, s.now
	}
}

func (s *sameness) tellOnce(a, b int32) {
	if !s.told[a] {
		s.told[a] = true
		s.tell(a, b)
	}
}
