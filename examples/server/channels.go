package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/phoneauth/phoneauth"
)

// beginsChannel matches the beginning of a channel with its senders.
var beginsChannel = regexp.MustCompile(`^[a-z0-9_-]{1,16}=([a-z]+:|console)`)

// splitChannels splits a list of channels at the commas. What does not begin like a channel
// belongs to the one before it: it is another of its senders, or a part of a URL.
func splitChannels(spec string) (all []string) {
	for part := range strings.SplitSeq(spec, ",") {
		if len(all) == 0 || beginsChannel.MatchString(part) {
			all = append(all, part)
		} else {
			all[len(all)-1] += "," + part
		}
	}
	return all
}

// sendersOf are the senders that o names, as in -sms.
func (o options) sendersOf() (all []string) {
	if o.channels == "" {
		return splitSenders(o.sms)
	}
	for _, one := range splitChannels(o.channels) {
		_, spec, _ := strings.Cut(one, "=")
		all = append(all, splitSenders(spec)...)
	}
	return all
}

// open opens the senders that o names. An error names the flag.
func (o options) open(around surroundings) (*senders, error) {
	if o.channels == "" {
		s, err := openSenders(o.sms, around)
		if err != nil {
			return nil, fmt.Errorf("-sms: %w", err)
		}
		return s, nil
	}
	s := newSenders(around)
	if err := s.openChannels(o.channels); err != nil {
		return nil, fmt.Errorf("-channels: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// openChannels opens what -channels names. Its errors do not quote the senders, in which there may
// be a password.
func (s *senders) openChannels(spec string) error {
	for _, one := range splitChannels(spec) {
		name, of, found := strings.Cut(one, "=")
		if !found || !beginsChannel.MatchString(one) {
			return errors.New("must be channels with their senders, such as sms=console,whatsapp=file:PATH")
		}
		if slices.ContainsFunc(s.channels, func(ch phoneauth.Channel) bool { return ch.Name == name }) {
			return fmt.Errorf("%s is there twice", name)
		}
		sender, err := s.group(of)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.channels = append(s.channels, phoneauth.Channel{Name: name, Sender: sender})
	}
	return nil
}
