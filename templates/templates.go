// Package templates holds the files embedded into the program.
package templates
