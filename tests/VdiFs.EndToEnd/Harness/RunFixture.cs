using VdiFs.EndToEnd.Harness;

// The test framework removes the run's directory at the end; a program that links the harness does so itself.
[assembly: AssemblyFixture(typeof(RunRoot))]
