using VdiFs.Simulation.Commands;

return await SimulationCommand.RunAsync(args);
