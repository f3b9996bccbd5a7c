//go:build !profile

package main

func startProfile() (stop func()) { return func() {} }
