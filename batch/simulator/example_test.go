package simulator_test

import (
	"fmt"
	"time"

	"github.com/loabatch/loabatch/batch/simulator"
)

// One call in twenty fails after taking effect, and Beijing is slow.
func ExampleParseFaults() {
	plan, err := simulator.ParseFaults("drop-after:5%, cn-beijing/latency:2s±1s, latency:20ms")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan)
	s := simulator.New(simulator.Options{
		Keys:   map[string]string{"id": "secret"},
		Quota:  60,
		Window: 6 * time.Second,
		Faults: plan,
		Seed:   1,
	})
	defer s.Close()
	fmt.Println(s.Stats().Quota)
	// Output:
	// drop-after:5%,cn-beijing/latency:2s±1s,latency:20ms
	// 60
}

func ExampleParseFaults_mistake() {
	_, err := simulator.ParseFaults("503:60%,html:60%")
	fmt.Println(err)
	_, err = simulator.ParseFaults("hang=3:1%")
	fmt.Println(err)
	// Output:
	// the faults of ApplyPhysicalConnectionLOA add up to 120%, more than 100%
	// fault "hang=3:1%": only hang and stall take a duration, such as hang=3s
}

// A circuit whose letter the service's staff reject, and approve the day after.
func ExampleSimulator_Review() {
	now := time.Date(2030, 1, 2, 9, 0, 0, 0, time.UTC)
	s := simulator.New(simulator.Options{
		Circuits: []simulator.Circuit{{Region: "cn-beijing", InstanceID: "pc-demo", LOA: simulator.Applying}},
		Now:      func() time.Time { return now },
	})
	defer s.Close()
	for _, state := range []string{simulator.Rejected, simulator.Available} {
		now = now.AddDate(0, 0, 1)
		if _, err := s.Review("cn-beijing", "pc-demo", state); err != nil {
			fmt.Println(err)
		}
	}
	for _, change := range s.Life("pc-demo")[0].Life[1:] {
		fmt.Println(change.At.Format(time.DateOnly), change.LOAStatus, change.Status)
	}
	// Output:
	// 2030-01-03 Rejected Allocated
	// 2030-01-04 Available Allocated
}
