using System.Globalization;
using System.Text;

namespace VdiFs.Reliability;

/// <summary>Writes docs/RELIABILITY.md. It holds no figure that a proof did not write.</summary>
internal sealed class ReliabilityPage(IReadOnlyDictionary<string, ProofSum> sums)
{
    private const string Head =
        """
        # How reliable VdiFs is, and how that is known

        Made by `scripts/reliability.sh` from what its proofs wrote; not edited by hand. A proof that finds a wrong
        byte, a read that does not end or something left behind fails.
        """;

    private const string Tail =
        """
        ## What errors mean

        | errno | a reader gets it when |
        | --- | --- |
        | EIO | refused by the server, not delivered within `--read-deadline`, or another disk answers; see the log |
        | EROFS | somebody wants to write |
        | EFBIG | the disk does not fit this image format |
        | EINTR | a signal asked the reader to end while it waited |
        | ENOTCONN | the daemon was killed; the next mount there clears it |
        | EACCES | another user's mount, without `--allow-other` |
        | ENOMEM | never for want of cache: reads wait for their turn |

        ## Limits that remain

        - Without TLS nothing sees bits that flip on the wire past TCP's checksum.
        - Another disk of the same size under the same name is recognised by its content in a few places: one that
          differs elsewhere passes.
        - A server's word that a range is zero is believed, but for sixteen pages that are read when a disk is opened.
        - kill -9 or an upgrade of the daemon ends its readers; they must open their files anew.
        - Pools cannot be mounted yet, so nothing is proved of sessions, snapshots and tasks there.
        - A disk that changes while it is mounted is not noticed: mount snapshots.
        - A bad sector behind a qemu-nbd that hangs up on it looks like a lost server: EIO for its 64 KiB,
          after the deadline.
        - Built and proved on linux-x64.
        """;

    /// <summary>What keeps the page from being written: proofs without a line, proofs that failed.</summary>
    public IReadOnlyList<string> Objections() =>
    [
        .. ProofCatalog.All.Where(proof => !sums.ContainsKey(proof.Name)).Select(proof => $"{proof.Name} has not run"),
        .. sums.Where(pair => !pair.Value.IsClean).Select(pair => Words(pair.Key, pair.Value)),
        .. sums.Keys.Except(ProofCatalog.All.Select(proof => proof.Name))
            .Select(name => $"{name} is no proof that is known"),
    ];

    /// <summary>The page; objections, if there are any, are its first words.</summary>
    public string Write(Surroundings surroundings)
    {
        var page = new StringBuilder(Head).AppendLine().AppendLine();
        WriteObjections(page);
        (string date, string commit, string kernel, string machine) = surroundings;
        page.AppendLine(
                CultureInfo.InvariantCulture,
                $"{date}, {kernel}, {machine}. The page was made at commit {commit}; each line names what it ran on.")
            .AppendLine();
        WritePromises(page);
        WriteFigures(page);
        WriteCommands(page);
        return page.Append(Tail).AppendLine().ToString().ReplaceLineEndings("\n");
    }

    private static string Words(string name, ProofSum sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name} FAILED: {sum.Wrong} wrong, {sum.Hangs} hangs, {sum.Leaks} leaks, {sum.Failures} other failures");

    private static string Figures(Proof proof, ProofSum sum) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {proof.Name} | {sum.Runs} | {sum.Faults:N0} | {sum.Reads:N0} | {sum.BytesVerified / 1e9:N2} GB "
        + $"| {sum.Wrong} | {sum.Hangs} | {sum.Leaks} | {sum.Seconds:N0} s | {sum.LastDate} | {sum.Commits} |");

    private void WriteObjections(StringBuilder page)
    {
        IReadOnlyList<string> objections = Objections();
        if (objections.Count == 0)
        {
            return;
        }

        page.AppendLine("**THIS PAGE PROVES NOTHING YET:**").AppendLine();
        foreach (string objection in objections)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"- **{objection}**");
        }

        page.AppendLine();
    }

    private void WritePromises(StringBuilder page)
    {
        page.AppendLine("## Promises").AppendLine();
        foreach ((int number, Promise promise) in PromiseCatalog.All.Index())
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"{number + 1}. **{promise.Text}**");
            page.AppendLine(CultureInfo.InvariantCulture, $"   {Standing(promise)}");
            if (promise.Remark.Length > 0)
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"   {promise.Remark}");
            }
        }

        page.AppendLine();
    }

    private string Standing(Promise promise)
    {
        if (promise.Proofs.Count == 0)
        {
            return "Not proved by figures.";
        }

        ProofSum sum = promise.Proofs.Select(name => sums.GetValueOrDefault(name, ProofSum.None))
            .Aggregate(ProofSum.None, (all, one) => all.Add(one));
        string names = promise.Proofs.Count == ProofCatalog.All.Count
            ? "all proofs below"
            : string.Join(", ", promise.Proofs);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sum.Faults:N0} faults, {sum.Reads:N0} reads, {sum.BytesVerified / 1e9:N2} GB verified, "
            + $"{sum.Wrong} wrong, {sum.Hangs} hangs, {sum.Leaks} leaks: {names}.");
    }

    private void WriteFigures(StringBuilder page)
    {
        page.AppendLine("## Figures").AppendLine()
            .AppendLine("| proof | runs | faults | reads | verified | wrong | hangs | leaks | time | last | commit |")
            .AppendLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (Proof proof in ProofCatalog.All)
        {
            page.AppendLine(sums.TryGetValue(proof.Name, out ProofSum? sum)
                ? Figures(proof, sum)
                : $"| {proof.Name} | **NOT RUN** | | | | | | | | | |");
        }

        page.AppendLine();
    }

    private static void WriteCommands(StringBuilder page)
    {
        page.AppendLine("## What they do, and how to repeat them").AppendLine()
            .AppendLine("| proof | what it does | again |").AppendLine("| --- | --- | --- |");
        foreach (Proof proof in ProofCatalog.All)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {proof.Name} | {proof.What} | `{proof.Command}` |");
        }

        page.AppendLine();
    }
}
