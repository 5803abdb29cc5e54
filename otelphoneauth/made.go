package otelphoneauth

import "sync"

// made keeps what is made once for each key: works, and the attributes of measurements, which cost
// more to make than a measurement does. A telemetry has as many keys as series, so few. It is
// safe for concurrent use.
type made[K comparable, V any] struct {
	mu     sync.RWMutex
	values map[K]V
}

// of returns the value of key, which it makes if there is none yet.
func (m *made[K, V]) of(key K, build func() V) V {
	m.mu.RLock()
	v, ok := m.values[key]
	m.mu.RUnlock()
	if ok {
		return v
	}
	v = build()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = map[K]V{}
	}
	m.values[key] = v
	return v
}
