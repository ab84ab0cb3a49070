<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Simulated: {0}</source>
        <translation>Simuliert: {0}</translation>
    </message>
    <message>
        <source>Everything recorded so far is kept. Correct the cause, then continue the session from People ({0}).</source>
        <translation>Alles Aufgezeichnete bleibt erhalten. Setzen Sie die Sitzung danach unter „Personen“ fort ({0}).</translation>
    </message>
    <message>
        <source>The participant&apos;s window was closed. Space opens it again and goes on.</source>
        <translation>Das Fenster der Versuchsperson wurde geschlossen. Die Leertaste öffnet es wieder und setzt fort.</translation>
    </message>
    <message>
        <source>The participant&apos;s screen {0} is gone. Connect it again, then resume with Space.</source>
        <translation>Der Bildschirm {0} der Versuchsperson fehlt. Schließen Sie ihn wieder an und setzen Sie mit der Leertaste fort.</translation>
    </message>
    <message>
        <source>The participant&apos;s window lost the focus; click it, then resume.</source>
        <translation>Das Fenster der Versuchsperson ist nicht mehr aktiv. Klicken Sie hinein und setzen Sie dann fort.</translation>
    </message>
    <message>
        <source>The tracker was lost: {0}.</source>
        <translation>Verbindung zum Eyetracker verloren: {0}.</translation>
    </message>
    <message>
        <source>The tracker is back. Check drift or resume.</source>
        <translation>Der Eyetracker ist wieder da. Prüfen Sie die Drift oder setzen Sie fort.</translation>
    </message>
    <message>
        <source>Connecting the tracker again …</source>
        <translation>Eyetracker wird wieder verbunden …</translation>
    </message>
    <message>
        <source>The tracker is connected again. Check drift or resume.</source>
        <translation>Der Eyetracker ist wieder verbunden. Prüfen Sie die Drift oder setzen Sie fort.</translation>
    </message>
    <message>
        <source>The tracker is connected again, but did not take its calibration back: {0}. Calibrate again.</source>
        <translation>Der Eyetracker ist wieder verbunden, hat seine Kalibrierung aber nicht übernommen: {0}. Kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>The tracker could not be connected: {0}. Try again, or end the session.</source>
        <translation>Der Eyetracker ließ sich nicht verbinden: {0}. Versuchen Sie es erneut, oder beenden Sie die Sitzung.</translation>
    </message>
    <message>
        <source>The tracker is back, but did not take its calibration: {0}. Calibrate again.</source>
        <translation>Der Eyetracker ist wieder da, hat seine Kalibrierung aber nicht übernommen: {0}. Kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>Paused by the experimenter.</source>
        <translation>Von der Versuchsleitung angehalten.</translation>
    </message>
    <message>
        <source>The screen {0} has changed since the last time (it was {1}); check size and distance.</source>
        <translation>Der Bildschirm {0} hat sich seit dem letzten Mal geändert (vorher {1}). Prüfen Sie Größe und Abstand.</translation>
    </message>
    <message>
        <source>The screen {0} is not connected; {1} is used instead.</source>
        <translation>Der Bildschirm {0} ist nicht angeschlossen; stattdessen wird {1} verwendet.</translation>
    </message>
    <message>
        <source>planned</source>
        <translation>geplant</translation>
    </message>
    <message>
        <source>simulated {0}/{1}</source>
        <translation>simuliert {0}/{1}</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>incomplete {0}/{1}</source>
        <translation>unvollständig {0}/{1}</translation>
    </message>
    <message>
        <source>interrupted {0}/{1}</source>
        <translation>unterbrochen {0}/{1}</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>complete</source>
        <translation>abgeschlossen</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>importiert</translation>
    </message>
    <message>
        <source>The program or the computer stopped.</source>
        <translation>Das Programm oder der Rechner hielt an.</translation>
    </message>
    <message>
        <source>Its file is damaged; gazeapp recover saves what can be read.</source>
        <translation>Ihre Datei ist beschädigt; gazeapp recover rettet, was lesbar ist.</translation>
    </message>
    <message>
        <source>It was closed before its end.</source>
        <translation>Sie wurde vor ihrem Ende geschlossen.</translation>
    </message>
    <message>
        <source>It was to be continued later.</source>
        <translation>Sie sollte später fortgesetzt werden.</translation>
    </message>
    <message>
        <source>The experimenter ended it.</source>
        <translation>Die Versuchsleitung hat sie beendet.</translation>
    </message>
    <message>
        <source>today {0}</source>
        <translation>heute {0}</translation>
    </message>
    <message>
        <source>yesterday {0}</source>
        <translation>gestern {0}</translation>
    </message>
    <message>
        <source>{0} image, outdated</source>
        <translation>{0} Bild, veraltet</translation>
    </message>
    <message>
        <source>{0} images, outdated</source>
        <translation>{0} Bilder, veraltet</translation>
    </message>
    <message>
        <source>{0} images, sure</source>
        <translation>{0} Bilder, sicher</translation>
    </message>
    <message>
        <source>{0} image, sure</source>
        <translation>{0} Bild, sicher</translation>
    </message>
    <message>
        <source>{0} image, not yet</source>
        <translation>{0} Bild, noch nicht</translation>
    </message>
    <message>
        <source>{0} images, not yet</source>
        <translation>{0} Bilder, noch nicht</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} von {1}</translation>
    </message>
    <message>
        <source>The default plan is used: {0}</source>
        <translation>Der Standardplan wird verwendet: {0}</translation>
    </message>
    <message>
        <source>{0} of {1} targets</source>
        <translation>{0} von {1} Zielpunkten</translation>
    </message>
    <message>
        <source>Calibrated with {0}.</source>
        <translation>Kalibriert mit {0}.</translation>
    </message>
    <message>
        <source>Calibrated with {0}, {1}° at a target that was left out.</source>
        <translation>Kalibriert mit {0}; Abweichung an einem ausgelassenen Zielpunkt {1}°.</translation>
    </message>
    <message>
        <source>The tracker calibrated itself with {0}.</source>
        <translation>Der Eyetracker hat sich mit {0} selbst kalibriert.</translation>
    </message>
    <message>
        <source>The calibration failed: {0}.</source>
        <translation>Die Kalibrierung ist fehlgeschlagen: {0}.</translation>
    </message>
    <message>
        <source>The calibration failed: gaze did not follow the targets (residual {0}° with {1}).</source>
        <translation>Die Kalibrierung ist fehlgeschlagen: Der Blick folgte den Zielpunkten nicht (Restfehler {0}° mit {1}).</translation>
    </message>
    <message>
        <source>The tracker found no calibration in what it collected.</source>
        <translation>Der Eyetracker fand in seinen Daten keine Kalibrierung.</translation>
    </message>
    <message>
        <source>The calibration broke off: {0}.</source>
        <translation>Die Kalibrierung wurde abgebrochen: {0}.</translation>
    </message>
    <message>
        <source>Collect {0} again, or validate.</source>
        <translation>Nehmen Sie {0} erneut auf, oder validieren Sie.</translation>
    </message>
    <message>
        <source>Gaze at {0} contradicts the rest: collect it again, or validate.</source>
        <translation>Der Blick passt an einer Stelle nicht zum Rest ({0}): Nehmen Sie dort erneut auf, oder validieren Sie.</translation>
    </message>
    <message>
        <source>Collect {0} again ({1}° off), or validate.</source>
        <translation>Nehmen Sie {0} erneut auf (Abweichung {1}°), oder validieren Sie.</translation>
    </message>
    <message>
        <source>Check that the tracker sees both eyes, then calibrate again.</source>
        <translation>Prüfen Sie, ob der Eyetracker beide Augen sieht, und kalibrieren Sie dann neu.</translation>
    </message>
    <message>
        <source>Ask the participant to look at each target, then calibrate again.</source>
        <translation>Bitten Sie die Versuchsperson, jeden Zielpunkt anzusehen, und kalibrieren Sie dann neu.</translation>
    </message>
    <message>
        <source>Check the participant&apos;s position, then calibrate again.</source>
        <translation>Prüfen Sie die Position der Versuchsperson, und kalibrieren Sie dann neu.</translation>
    </message>
    <message>
        <source>Check the tracker, then calibrate again.</source>
        <translation>Prüfen Sie den Eyetracker, und kalibrieren Sie dann neu.</translation>
    </message>
    <message>
        <source>Usable but for one place, {0}: {1}</source>
        <translation>Brauchbar bis auf eine Stelle, {0}: {1}</translation>
    </message>
    <message>
        <source>Not good enough at one place, {0}: {1}</source>
        <translation>An einer Stelle nicht gut genug, {0}: {1}</translation>
    </message>
    <message>
        <source>Go on.</source>
        <translation>Fahren Sie fort.</translation>
    </message>
    <message>
        <source>Go on if this suffices, or calibrate again.</source>
        <translation>Fahren Sie fort, wenn das genügt, oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>Use it, then validate it at other targets.</source>
        <translation>Übernehmen Sie sie, und validieren Sie sie dann an anderen Zielpunkten.</translation>
    </message>
    <message>
        <source>Go on to the images.</source>
        <translation>Fahren Sie mit den Bildern fort.</translation>
    </message>
    <message>
        <source>Calibrate again.</source>
        <translation>Kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>Calibrate again, with care {0}.</source>
        <translation>Kalibrieren Sie neu, besonders sorgfältig {0}.</translation>
    </message>
    <message>
        <source>No steady gaze came at {0}: collect it again, or calibrate again.</source>
        <translation>Kein ruhiger Blick ({0}): Nehmen Sie erneut auf, oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>No steady gaze was found at the drift target.</source>
        <translation>Am Drift-Zielpunkt war kein ruhiger Blick zu finden.</translation>
    </message>
    <message>
        <source>Drift was corrected: gaze at the target was {0}° off, and the same gaze is {1}° off now.</source>
        <translation>Die Drift ist korrigiert: Der Blick lag am Ziel um {0}° daneben, derselbe Blick liegt nun um {1}° daneben.</translation>
    </message>
    <message>
        <source>Drift is {0}°, within {1}°.</source>
        <translation>Die Drift beträgt {0}°, innerhalb von {1}°.</translation>
    </message>
    <message>
        <source>Gaze drifted by {0}°, more than {1}°.</source>
        <translation>Der Blick ist um {0}° gedriftet, mehr als {1}°.</translation>
    </message>
    <message>
        <source>Gaze lands {0} and {1} from the target.</source>
        <translation>Der Blick landet {0} und {1} vom Ziel.</translation>
    </message>
    <message>
        <source>Ask the participant to look at the target and check again, or recalibrate.</source>
        <translation>Bitten Sie die Versuchsperson, den Zielpunkt anzusehen, und prüfen Sie erneut, oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>Check again to see whether it holds.</source>
        <translation>Prüfen Sie noch einmal, ob es so bleibt.</translation>
    </message>
    <message>
        <source>Correct the drift if the participant looked at the target, or recalibrate.</source>
        <translation>Korrigieren Sie die Drift, wenn die Versuchsperson den Zielpunkt ansah, oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>No correction can be told from this: gaze follows these images no more than others.</source>
        <translation>Daraus lässt sich keine Korrektur ableiten: Der Blick folgt diesen Bildern nicht mehr als anderen.</translation>
    </message>
    <message>
        <source>No correction can be told from this: many explain this gaze alike; view more images.</source>
        <translation>Daraus lässt sich keine Korrektur ableiten: Viele Korrekturen erklären diese Blickdaten gleich gut; lassen Sie mehr Bilder betrachten.</translation>
    </message>
    <message>
        <source>Gaze is stretched over the screen; correcting this brings it {0}° nearer.</source>
        <translation>Der Blick ist über den Bildschirm gestreckt; eine Korrektur bringt ihn {0}° näher.</translation>
    </message>
    <message>
        <source>Gaze is turned; correcting this brings it {0}° nearer.</source>
        <translation>Der Blick ist verdreht; eine Korrektur bringt ihn {0}° näher.</translation>
    </message>
    <message>
        <source>Gaze is bent over the screen; correcting this brings it {0}° nearer.</source>
        <translation>Der Blick ist über den Bildschirm verzerrt; eine Korrektur bringt ihn {0}° näher.</translation>
    </message>
    <message>
        <source>Gaze drifts over the session; correcting this brings it {0}° nearer.</source>
        <translation>Der Blick driftet über die Sitzung; eine Korrektur bringt ihn {0}° näher.</translation>
    </message>
    <message>
        <source>At the validation targets the images&apos; correction improves accuracy from {0}° to {1}°.</source>
        <translation>An den Validierungspunkten verbessert die Korrektur aus den Bildern die Genauigkeit von {0}° auf {1}°.</translation>
    </message>
    <message>
        <source>At the validation targets the images&apos; correction worsens accuracy from {0}° to {1}°.</source>
        <translation>An den Validierungspunkten verschlechtert die Korrektur aus den Bildern die Genauigkeit von {0}° auf {1}°.</translation>
    </message>
    <message>
        <source>No shift is called for: the images ask for {0}°, within what differs between people.</source>
        <translation>Keine Verschiebung nötig: Die Bilder sprechen für {0}°, im Rahmen dessen, was sich zwischen Personen unterscheidet.</translation>
    </message>
    <message>
        <source>Gaze has probably shifted: move it {0} and {1}; expected to bring it {2}° nearer.</source>
        <translation>Der Blick ist wahrscheinlich verschoben: um {0} und {1} zu korrigieren; das bringt ihn voraussichtlich {2}° näher.</translation>
    </message>
    <message>
        <source>{0}° to the right</source>
        <translation>{0}° nach rechts</translation>
    </message>
    <message>
        <source>{0}° to the left</source>
        <translation>{0}° nach links</translation>
    </message>
    <message>
        <source>{0}° down</source>
        <translation>{0}° nach unten</translation>
    </message>
    <message>
        <source>{0}° up</source>
        <translation>{0}° nach oben</translation>
    </message>
    <message>
        <source>{0} image</source>
        <translation>{0} Bild</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} Bilder</translation>
    </message>
    <message>
        <source>{0} points</source>
        <translation>{0} Punkte</translation>
    </message>
    <message>
        <source>its own images</source>
        <translation>eigene Bilder</translation>
    </message>
    <message>
        <source>the plan&apos;s images, shared among its steps</source>
        <translation>die Bilder des Plans, unter seinen Schritten aufgeteilt</translation>
    </message>
    <message>
        <source>One target in the middle: how far gaze has moved since the calibration.</source>
        <translation>Ein Zielpunkt in der Mitte: wie weit der Blick seit der Kalibrierung gewandert ist.</translation>
    </message>
    <message>
        <source>How targets look and how gaze is fitted is chosen in Record, on the page of the calibration.</source>
        <translation>Wie Zielpunkte aussehen und wie der Blick angepasst wird, wird beim Aufzeichnen gewählt, auf der Seite der Kalibrierung.</translation>
    </message>
    <message>
        <source>Adaptive: each next image is unlike those seen, on which gaze spreads as on most; it saves an image or two, about {0} min.</source>
        <translation>Adaptiv: Jedes nächste Bild ist den gesehenen unähnlich, und der Blick verteilt sich darauf wie auf den meisten; das spart ein, zwei Bilder, etwa {0} min.</translation>
    </message>
    <message>
        <source>{0} fixation</source>
        <translation>{0} Fixation</translation>
    </message>
    <message>
        <source>{0} fixations</source>
        <translation>{0} Fixationen</translation>
    </message>
    <message>
        <source>No correction can be told from this: {0} and {1}; at least {2} and {3} are needed.</source>
        <translation>Daraus lässt sich keine Korrektur ableiten: {0} und {1}; mindestens {2} und {3} sind nötig.</translation>
    </message>
    <message>
        <source>targets {0}</source>
        <translation>Zielpunkte {0}</translation>
    </message>
    <message>
        <source>target {0}</source>
        <translation>Zielpunkt {0}</translation>
    </message>
    <message>
        <source>at the top left</source>
        <translation>oben links</translation>
    </message>
    <message>
        <source>at the top</source>
        <translation>oben</translation>
    </message>
    <message>
        <source>at the top right</source>
        <translation>oben rechts</translation>
    </message>
    <message>
        <source>at the left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>at the centre</source>
        <translation>in der Mitte</translation>
    </message>
    <message>
        <source>at the right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>at the bottom left</source>
        <translation>unten links</translation>
    </message>
    <message>
        <source>at the bottom</source>
        <translation>unten</translation>
    </message>
    <message>
        <source>at the bottom right</source>
        <translation>unten rechts</translation>
    </message>
    <message>
        <source>Good</source>
        <translation>Gut</translation>
    </message>
    <message>
        <source>Usable with care</source>
        <translation>Mit Vorsicht brauchbar</translation>
    </message>
    <message>
        <source>Not good enough</source>
        <translation>Nicht gut genug</translation>
    </message>
    <message>
        <source>no gaze was seen at any target.</source>
        <translation>an keinem Zielpunkt wurde ein Blick erfasst.</translation>
    </message>
    <message>
        <source>gaze is {0}° off on average and {1}° at the worst point, precision is {2}° (RMS-S2S), {3} of the samples are lost.</source>
        <translation>Der Blick weicht im Mittel um {0}° ab, am schlechtesten Punkt um {1}°; Präzision {2}° (RMS-S2S), Datenverlust {3}.</translation>
    </message>
    <message>
        <source>no gaze at target {0}</source>
        <translation>kein Blick an Zielpunkt {0}</translation>
    </message>
    <message>
        <source>no gaze of the left eye at target {0}</source>
        <translation>kein Blick des linken Auges an Zielpunkt {0}</translation>
    </message>
    <message>
        <source>no gaze of the right eye at target {0}</source>
        <translation>kein Blick des rechten Auges an Zielpunkt {0}</translation>
    </message>
    <message>
        <source>the left eye</source>
        <translation>linkes Auge</translation>
    </message>
    <message>
        <source>the right eye</source>
        <translation>rechtes Auge</translation>
    </message>
    <message>
        <source>gaze</source>
        <translation>Blick</translation>
    </message>
    <message>
        <source>the eyes are swapped: the left eye lies right of the right one</source>
        <translation>die Augen sind vertauscht: das linke Auge liegt rechts vom rechten</translation>
    </message>
    <message>
        <source>no gaze was seen at any target</source>
        <translation>an keinem Zielpunkt wurde ein Blick erfasst</translation>
    </message>
    <message>
        <source>{eye} was never seen</source>
        <translation>{eye}: nie erfasst</translation>
    </message>
    <message>
        <source>mean accuracy is {value}°, the limit is {limit}°</source>
        <translation>mittlere Genauigkeit {value}°, Grenzwert {limit}°</translation>
    </message>
    <message>
        <source>{eye} is {value}° off at target {target}, the limit is {limit}°</source>
        <translation>{eye}: Abweichung {value}° an Zielpunkt {target}, Grenzwert {limit}°</translation>
    </message>
    <message>
        <source>{value} of the samples are lost, the limit is {limit}</source>
        <translation>Datenverlust {value}, Grenzwert {limit}</translation>
    </message>
    <message>
        <source>0-1, 0-255, -1-1 or imagenet: what the input&apos;s values span</source>
        <translation>0-1, 0-255, -1-1 oder imagenet: Wertebereich der Eingabe</translation>
    </message>
    <message>
        <source>1024: longest side in pixels at which larger images are predicted; own: as published</source>
        <translation>1024: längste Seite in Pixeln, auf der größere Bilder vorhergesagt werden; own: wie veröffentlicht</translation>
    </message>
    <message>
        <source>60: longest time for one image, seconds</source>
        <translation>60: längste Zeit für ein Bild, Sekunden</translation>
    </message>
    <message>
        <source>DeepGaze IIE (Linardos et al. 2021)</source>
        <translation>DeepGaze IIE (Linardos et al. 2021)</translation>
    </message>
    <message>
        <source>FILE.onnx with all its weights inside</source>
        <translation>DATEI.onnx, die alle Gewichte enthält</translation>
    </message>
    <message>
        <source>MIT, as this program</source>
        <translation>MIT, wie dieses Programm</translation>
    </message>
    <message>
        <source>WIDTHxHEIGHT of the input, where the file leaves it open (about 640x480, the image&apos;s aspect)</source>
        <translation>BREITExHÖHE der Eingabe, wo die Datei sie offen lässt (etwa 640x480, im Seitenverhältnis des Bildes)</translation>
    </message>
    <message>
        <source>as in the maps</source>
        <translation>wie in den Karten</translation>
    </message>
    <message>
        <source>as your model has it</source>
        <translation>wie in Ihrem Modell</translation>
    </message>
    <message>
        <source>auto, nchw or nhwc: order of the input&apos;s axes</source>
        <translation>auto, nchw oder nhwc: Reihenfolge der Achsen der Eingabe</translation>
    </message>
    <message>
        <source>boolean map saliency (Zhang &amp; Sclaroff 2013)</source>
        <translation>Boolean Map Saliency (Zhang &amp; Sclaroff 2013)</translation>
    </message>
    <message>
        <source>boolean map saliency × centre bias</source>
        <translation>Boolean Map Saliency × Zentrumsbias</translation>
    </message>
    <message>
        <source>category</source>
        <translation>Kategorie</translation>
    </message>
    <message>
        <source>centre</source>
        <translation>Mitte</translation>
    </message>
    <message>
        <source>centre bias alone</source>
        <translation>nur der Zentrumsbias</translation>
    </message>
    <message>
        <source>colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>deepgaze2e.pth as its authors publish it, else looked for in the torch hub cache; or a .safetensors of one&apos;s own readouts (`trainer train universal --preset category-weights`)</source>
        <translation>deepgaze2e.pth, wie von den Autoren veröffentlicht, sonst im Torch-Hub-Cache gesucht; oder eine .safetensors mit eigenen Readouts (`trainer train universal --preset category-weights`)</translation>
    </message>
    <message>
        <source>density or log: what the maps&apos; values are</source>
        <translation>density oder log: was die Werte der Karten sind</translation>
    </message>
    <message>
        <source>density or log: what the output&apos;s values are</source>
        <translation>density oder log: was die Werte der Ausgabe sind</translation>
    </message>
    <message>
        <source>faces</source>
        <translation>Gesichter</translation>
    </message>
    <message>
        <source>file with a log density of the centre bias</source>
        <translation>Datei mit einer Log-Dichte des Zentrumsbias</translation>
    </message>
    <message>
        <source>fixed Gaussian</source>
        <translation>feste Gauß-Verteilung</translation>
    </message>
    <message>
        <source>folder with NAME.universal.npy, NAME.npy or NAME.png (grey) for each image NAME</source>
        <translation>Ordner mit NAME.universal.npy, NAME.npy oder NAME.png (grau) für jedes Bild NAME</translation>
    </message>
    <message>
        <source>from its file, else a fixed Gaussian</source>
        <translation>aus eigener Datei, sonst eine feste Gauß-Verteilung</translation>
    </message>
    <message>
        <source>image signature (Hou et al. 2012)</source>
        <translation>Image Signature (Hou et al. 2012)</translation>
    </message>
    <message>
        <source>image signature × centre bias</source>
        <translation>Image Signature × Zentrumsbias</translation>
    </message>
    <message>
        <source>layout</source>
        <translation>Achsen</translation>
    </message>
    <message>
        <source>learnt from OSIE and EyeCrowd</source>
        <translation>aus OSIE und EyeCrowd gelernt</translation>
    </message>
    <message>
        <source>maps made elsewhere, read from a folder</source>
        <translation>anderswo berechnete Karten aus einem Ordner</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>of the image, with one&apos;s own readouts: predicted, unknown, or a name they know</source>
        <translation>des Bildes, mit eigenen Readouts: predicted, unknown oder ein ihnen bekannter Name</translation>
    </message>
    <message>
        <source>output</source>
        <translation>Ausgabe</translation>
    </message>
    <message>
        <source>range</source>
        <translation>Wertebereich</translation>
    </message>
    <message>
        <source>rgb or bgr</source>
        <translation>rgb oder bgr</translation>
    </message>
    <message>
        <source>sha256</source>
        <translation>sha256</translation>
    </message>
    <message>
        <source>size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>spectral residual (Hou &amp; Zhang 2007)</source>
        <translation>Spectral Residual (Hou &amp; Zhang 2007)</translation>
    </message>
    <message>
        <source>that of the maps</source>
        <translation>die der Karten</translation>
    </message>
    <message>
        <source>that of your model</source>
        <translation>die Ihres Modells</translation>
    </message>
    <message>
        <source>the centre of the image</source>
        <translation>die Bildmitte</translation>
    </message>
    <message>
        <source>the left half</source>
        <translation>die linke Hälfte</translation>
    </message>
    <message>
        <source>the shipped network</source>
        <translation>das mitgelieferte Netz</translation>
    </message>
    <message>
        <source>the upper half</source>
        <translation>die obere Hälfte</translation>
    </message>
    <message>
        <source>the weights are their authors&apos;; none is shipped</source>
        <translation>die Gewichte gehören ihren Autoren; es werden keine mitgeliefert</translation>
    </message>
    <message>
        <source>timeout-s</source>
        <translation>Zeitgrenze</translation>
    </message>
    <message>
        <source>universal.safetensors, or a folder or run with one</source>
        <translation>universal.safetensors, oder ein Ordner oder Trainingslauf damit</translation>
    </message>
    <message>
        <source>what the published weights&apos; sha256 must be</source>
        <translation>welche sha256-Summe die veröffentlichten Gewichte haben müssen</translation>
    </message>
    <message>
        <source>where most people look</source>
        <translation>die üblichen Stellen</translation>
    </message>
    <message>
        <source>your own model as an ONNX file</source>
        <translation>Ihr eigenes Modell als ONNX-Datei</translation>
    </message>
    <message>
        <source>{0} %</source>
        <translation>{0} %</translation>
    </message>
    <message>
        <source>less</source>
        <translation>weniger</translation>
    </message>
    <message>
        <source>more gaze</source>
        <translation>mehr Blick</translation>
    </message>
    <message>
        <source>Universal</source>
        <translation>Universell</translation>
    </message>
    <message>
        <source>where people look</source>
        <translation>wohin Menschen blicken</translation>
    </message>
    <message>
        <source>No prediction was stored for this image.</source>
        <translation>Für dieses Bild wurde keine Vorhersage gespeichert.</translation>
    </message>
    <message>
        <source>Personal</source>
        <translation>Persönlich</translation>
    </message>
    <message>
        <source>where {0} looks</source>
        <translation>wohin {0} blickt</translation>
    </message>
    <message>
        <source>{0} was not known well enough yet.</source>
        <translation>{0} war noch nicht gut genug bekannt.</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>personal − universal</source>
        <translation>persönlich − universell</translation>
    </message>
    <message>
        <source>more than others</source>
        <translation>mehr als andere</translation>
    </message>
    <message>
        <source>It needs both maps.</source>
        <translation>Dazu braucht es beide Karten.</translation>
    </message>
    <message>
        <source>{0} fixation · {1} · saccades {2}</source>
        <translation>{0} Fixation · {1} · Sakkaden {2}</translation>
    </message>
    <message>
        <source>{0} fixations · {1} each · saccades {2}</source>
        <translation>{0} Fixationen · je {1} · Sakkaden {2}</translation>
    </message>
    <message>
        <source>No fixation lies on the image.</source>
        <translation>Auf dem Bild liegt keine Fixation.</translation>
    </message>
    <message>
        <source>on the screen · {0}</source>
        <translation>auf dem Bildschirm · {0}</translation>
    </message>
    <message>
        <source>Gaze plot</source>
        <translation>Blickpfad</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>Areas</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>what {0} looked at</source>
        <translation>was {0} ansah</translation>
    </message>
    <message>
        <source>{0} − {1}</source>
        <translation>{0} − {1}</translation>
    </message>
    <message>
        <source>more: {0}</source>
        <translation>mehr: {0}</translation>
    </message>
    <message>
        <source>Replay</source>
        <translation>Wiedergabe</translation>
    </message>
    <message>
        <source>gaze of the last half second, and the fixations so far</source>
        <translation>Blick der letzten halben Sekunde und die Fixationen bis dahin</translation>
    </message>
    <message>
        <source>No gaze was stored for this image.</source>
        <translation>Für dieses Bild wurde kein Blick gespeichert.</translation>
    </message>
    <message>
        <source>group {0}</source>
        <translation>Gruppe {0}</translation>
    </message>
    <message>
        <source>everybody without a group</source>
        <translation>alle ohne Gruppe</translation>
    </message>
    <message>
        <source>everybody else</source>
        <translation>alle anderen</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>all {0} sittings done</source>
        <translation>alle {0} Sitzungstermine erledigt</translation>
    </message>
    <message>
        <source>sitting {0} of {1}</source>
        <translation>Termin {0} von {1}</translation>
    </message>
    <message>
        <source>{0}, begun</source>
        <translation>{0}, begonnen</translation>
    </message>
    <message>
        <source>{0}, due now</source>
        <translation>{0}, jetzt fällig</translation>
    </message>
    <message>
        <source>{0}, due {1}</source>
        <translation>{0}, fällig {1}</translation>
    </message>
    <message>
        <source>Applied, it holds for gaze from now on; images that were viewed before keep what they were recorded with. It is kept as a row of the session and can be taken back.</source>
        <translation>Angewendet gilt sie für den Blick ab jetzt; Bilder, die vorher betrachtet wurden, behalten, womit sie aufgezeichnet wurden. Sie wird als Zeile der Sitzung aufbewahrt und lässt sich zurücknehmen.</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>gaze as it was recorded</source>
        <translation>Blick wie aufgezeichnet</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>gaze as it would be</source>
        <translation>Blick, wie er wäre</translation>
    </message>
    <message>
        <source>{0} · people: {1} · viewings: {2} · Gaussian of 1°</source>
        <translation>{0} · Personen: {1} · Betrachtungen: {2} · Gauß von 1°</translation>
    </message>
    <message>
        <source>people: {0} · viewings: {1}</source>
        <translation>Personen: {0} · Betrachtungen: {1}</translation>
    </message>
    <message>
        <source>Reading the study …</source>
        <translation>Studie wird gelesen …</translation>
    </message>
    <message>
        <source>Instruction</source>
        <translation>Anweisung</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Validate</source>
        <translation>Validieren</translation>
    </message>
    <message>
        <source>Drift check</source>
        <translation>Driftprüfung</translation>
    </message>
    <message>
        <source>Practice</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Einlernen</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>Overlay</translation>
    </message>
    <message>
        <source>Break</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>Thanks</source>
        <translation>Dank</translation>
    </message>
    <message>
        <source>line {0}: </source>
        <translation>Zeile {0}: </translation>
    </message>
    <message>
        <source>(of a newer version: it is kept)</source>
        <translation>(aus einer neueren Version: er bleibt)</translation>
    </message>
    <message>
        <source>and {0} more</source>
        <translation>und {0} weitere</translation>
    </message>
    <message>
        <source>{0} wide on the participant&apos;s screen</source>
        <translation>{0} breit auf dem Bildschirm der Versuchsperson</translation>
    </message>
    <message>
        <source>, enlarged {0} times</source>
        <translation>, {0}-fach vergrößert</translation>
    </message>
    <message>
        <source>Simulated or replayed gaze: nothing is told of a person.</source>
        <translation>Simulierter oder abgespielter Blick: Über eine Person sagt er nichts.</translation>
    </message>
    <message>
        <source>The embedding was made by other weights; nothing is told.</source>
        <translation>Das Embedding stammt von anderen Gewichten; daraus lässt sich nichts ablesen.</translation>
    </message>
    <message>
        <source>Looks more than others at: {0}.</source>
        <translation>Schaut häufiger als andere auf: {0}.</translation>
    </message>
    <message>
        <source>Looks less than others at: {0}.</source>
        <translation>Schaut seltener als andere auf: {0}.</translation>
    </message>
    <message>
        <source>Nothing stands out yet.</source>
        <translation>Noch nichts Auffälliges.</translation>
    </message>
    <message>
        <source>{0} looks more than {1} at: {2}.</source>
        <translation>{0} schaut häufiger als {1} auf: {2}.</translation>
    </message>
    <message>
        <source>Between the two nothing stands out yet.</source>
        <translation>Zwischen beiden ist noch kein Unterschied sicher.</translation>
    </message>
    <message>
        <source>group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>age</source>
        <translation>Alter</translation>
    </message>
    <message>
        <source>hand</source>
        <translation>Hand</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>both</source>
        <translation>beide</translation>
    </message>
    <message>
        <source>{0} complete</source>
        <translation>{0} abgeschlossen</translation>
    </message>
    <message>
        <source>{0} participant</source>
        <translation>{0} Person</translation>
    </message>
    <message>
        <source>{0} participants</source>
        <translation>{0} Personen</translation>
    </message>
    <message>
        <source>{0} running</source>
        <translation>{0} läuft</translation>
    </message>
    <message>
        <source>{0} interrupted</source>
        <translation>{0} unterbrochen</translation>
    </message>
    <message>
        <source>{0} planned</source>
        <translation>{0} geplant</translation>
    </message>
    <message>
        <source>{0} due now</source>
        <translation>{0} jetzt fällig</translation>
    </message>
    <message>
        <source>{0} withdrawn or erased, last {1}</source>
        <translation>{0} widerrufen oder gelöscht, zuletzt {1}</translation>
    </message>
    <message>
        <source>{0} stopped at image {1} of {2}, {3}.</source>
        <translation>{0}: angehalten bei Bild {1} von {2}, {3}.</translation>
    </message>
    <message>
        <source>It was found when the study was opened; everything until then is on disk.</source>
        <translation>Das wurde beim Öffnen der Studie gefunden; alles bis dahin ist gespeichert.</translation>
    </message>
    <message>
        <source>Everything until then is on disk.</source>
        <translation>Alles bis dahin ist gespeichert.</translation>
    </message>
    <message>
        <source>{0} with all gaze, maps and pictures, the embedding, consent, variables and notes of {1} go for good. A date stays, and the pseudonym cannot be used again. Exports, reports and backups made before are not reached: delete them too.</source>
        <translation>{0} mit allen Blickdaten, Karten und Bildern, Embedding, Einwilligung, Variablen und Notizen von {1} werden endgültig gelöscht. Ein Datum bleibt, und das Pseudonym kann nicht erneut vergeben werden. Frühere Exporte, Berichte und Sicherungen werden nicht erreicht: Löschen Sie auch diese.</translation>
    </message>
    <message>
        <source>{0} session</source>
        <translation>{0} Sitzung</translation>
    </message>
    <message>
        <source>{0} sessions</source>
        <translation>{0} Sitzungen</translation>
    </message>
    <message>
        <source>Both erase the same; the record then says whether consent was withdrawn.</source>
        <translation>Beides löscht dasselbe; der Eintrag hält dann fest, ob die Einwilligung widerrufen wurde.</translation>
    </message>
</context>
<context>
    <name>AnalysePage</name>
    <message>
        <source>Exclude …</source>
        <translation>Ausschließen …</translation>
    </message>
    <message>
        <source>Save picture …</source>
        <translation>Bild speichern …</translation>
    </message>
    <message>
        <source>Study report …</source>
        <translation>Studienbericht …</translation>
    </message>
    <message>
        <source>Report …</source>
        <translation>Bericht …</translation>
    </message>
    <message>
        <source>Search a folder …</source>
        <translation>In einem Ordner suchen …</translation>
    </message>
    <message>
        <source>This session holds gaze and no images: it is shown on the empty screen.</source>
        <translation>Diese Sitzung enthält Blick und keine Bilder: er wird auf dem leeren Bildschirm gezeigt.</translation>
    </message>
    <message>
        <source>This session</source>
        <translation>Diese Sitzung</translation>
    </message>
    <message>
        <source>{0}, with all sessions</source>
        <translation>{0}, mit allen Sitzungen</translation>
    </message>
    <message>
        <source>This image: {0}</source>
        <translation>Dieses Bild: {0}</translation>
    </message>
    <message>
        <source>Show another image in its place?</source>
        <translation>Ein anderes Bild an seiner Stelle zeigen?</translation>
    </message>
    <message>
        <source>{0} has the name of the image but another content than what was shown.</source>
        <translation>{0} heißt wie das Bild, hat aber einen anderen Inhalt als das gezeigte.</translation>
    </message>
    <message>
        <source>Leave it</source>
        <translation>Lassen</translation>
    </message>
    <message>
        <source>Show it</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Where the image may be</source>
        <translation>Wo das Bild sein kann</translation>
    </message>
    <message>
        <source>Include again</source>
        <translation>Einschließen</translation>
    </message>
    <message>
        <source>Writing the report …</source>
        <translation>Bericht wird geschrieben …</translation>
    </message>
    <message>
        <source>Searching the image …</source>
        <translation>Das Bild wird gesucht …</translation>
    </message>
    <message>
        <source>Nothing was changed.</source>
        <translation>Es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>The image is missing.</source>
        <translation>Das Bild fehlt.</translation>
    </message>
    <message>
        <source>No image was viewed to its end in this session.</source>
        <translation>In dieser Sitzung wurde kein Bild zu Ende betrachtet.</translation>
    </message>
    <message>
        <source>For gaze that was recorded elsewhere, import it again with the folder of its images.</source>
        <translation>Anderswo aufgezeichneten Blick mit dem Ordner seiner Bilder noch einmal importieren.</translation>
    </message>
    <message>
        <source>Opening the session …</source>
        <translation>Die Sitzung wird geöffnet …</translation>
    </message>
    <message>
        <source>Nothing was recorded yet.</source>
        <translation>Noch wurde nichts aufgezeichnet.</translation>
    </message>
    <message>
        <source>Record a session from People.</source>
        <translation>Zeichnen Sie unter „Personen“ eine Sitzung auf.</translation>
    </message>
</context>
<context>
    <name>AnalysisFiles</name>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Saved.</source>
        <translation>Gespeichert.</translation>
    </message>
    <message>
        <source>Pages (*.html)</source>
        <translation>Seiten (*.html)</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>Bericht</translation>
    </message>
</context>
<context>
    <name>AnalysisModel</name>
    <message>
        <source>{0} is not among {1} images there.</source>
        <translation>{0} ist nicht unter den {1} Bildern dort.</translation>
    </message>
</context>
<context>
    <name>ApplicationController</name>
    <message>
        <source>{0} is being recorded.</source>
        <translation>{0} wird gerade aufgezeichnet.</translation>
    </message>
    <message>
        <source>Record {0} now?</source>
        <translation>{0} jetzt aufzeichnen?</translation>
    </message>
    <message>
        <source>Plan {0}: {1}.</source>
        <translation>Plan {0}: {1}.</translation>
    </message>
    <message>
        <source>Wait</source>
        <translation>Warten</translation>
    </message>
    <message>
        <source>Record anyway</source>
        <translation>Trotzdem aufzeichnen</translation>
    </message>
    <message>
        <source>A session is being prepared; wait a moment.</source>
        <translation>Eine Sitzung wird vorbereitet; bitte warten Sie einen Moment.</translation>
    </message>
    <message>
        <source>The session of {0} is being stored; wait a moment.</source>
        <translation>Die Sitzung von {0} wird gespeichert; bitte warten Sie einen Moment.</translation>
    </message>
    <message>
        <source>Choose a person first, then press R.</source>
        <translation>Wählen Sie zuerst eine Person, und drücken Sie dann R.</translation>
    </message>
    <message>
        <source>The language changes when the program is opened again.</source>
        <translation>Die Sprache wechselt beim nächsten Öffnen des Programms.</translation>
    </message>
</context>
<context>
    <name>AreaEditor</name>
    <message>
        <source>area</source>
        <translation>Bereich</translation>
    </message>
</context>
<context>
    <name>AreaModel</name>
    <message>
        <source>{0} Areas drawn now are not kept until it is mended or removed.</source>
        <translation>{0} Jetzt gezeichnete Bereiche bleiben nicht erhalten, bis die Datei repariert oder entfernt ist.</translation>
    </message>
    <message>
        <source>The clipboard holds no areas that fit this image.</source>
        <translation>Die Zwischenablage enthält keine Bereiche, die zu diesem Bild passen.</translation>
    </message>
    <message>
        <source>Areas of {0} images were read.</source>
        <translation>Bereiche von {0} Bildern wurden gelesen.</translation>
    </message>
    <message>
        <source>Never shown in this study: {0}.</source>
        <translation>In dieser Studie nie gezeigt: {0}.</translation>
    </message>
</context>
<context>
    <name>AreaPanel</name>
    <message>
        <source>Select</source>
        <translation>Auswählen</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>Ellipse</translation>
    </message>
    <message>
        <source>Polygon</source>
        <translation>Polygon</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>More …</source>
        <translation>Mehr …</translation>
    </message>
    <message>
        <source>Drag an area or its handles; arrow keys move it, F2 names it, Delete removes it.</source>
        <translation>Bereich oder Griffe ziehen; Pfeiltasten verschieben ihn, F2 benennt, Entf entfernt ihn.</translation>
    </message>
    <message>
        <source>Drag over the picture to draw a box.</source>
        <translation>Über das Bild ziehen zeichnet ein Rechteck.</translation>
    </message>
    <message>
        <source>Drag over the picture to draw an ellipse.</source>
        <translation>Über das Bild ziehen zeichnet eine Ellipse.</translation>
    </message>
    <message>
        <source>Click each corner; a double click or ⏎ closes it, Escape gives it up.</source>
        <translation>Jede Ecke anklicken; Doppelklick oder ⏎ schließt, Escape verwirft.</translation>
    </message>
    <message>
        <source>Copy the areas of this image</source>
        <translation>Bereiche dieses Bildes kopieren</translation>
    </message>
    <message>
        <source>Paste areas</source>
        <translation>Bereiche einfügen</translation>
    </message>
    <message>
        <source>Remove the chosen area</source>
        <translation>Gewählten Bereich entfernen</translation>
    </message>
    <message>
        <source>Propose from a label image …</source>
        <translation>Aus einem Label-Bild vorschlagen …</translation>
    </message>
    <message>
        <source>Import areas …</source>
        <translation>Bereiche importieren …</translation>
    </message>
    <message>
        <source>Import a folder of masks …</source>
        <translation>Ordner mit Masken importieren …</translation>
    </message>
    <message>
        <source>Export areas …</source>
        <translation>Bereiche exportieren …</translation>
    </message>
    <message>
        <source>Table of all people …</source>
        <translation>Tabelle aller Personen …</translation>
    </message>
    <message>
        <source>Copied. Choose another image and paste them there.</source>
        <translation>Kopiert. Ein anderes Bild wählen und dort einfügen.</translation>
    </message>
    <message>
        <source>Label image</source>
        <translation>Label-Bild</translation>
    </message>
    <message>
        <source>Areas</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Import areas</source>
        <translation>Bereiche importieren</translation>
    </message>
    <message>
        <source>Folder of masks</source>
        <translation>Ordner mit Masken</translation>
    </message>
    <message>
        <source>Export areas</source>
        <translation>Bereiche exportieren</translation>
    </message>
    <message>
        <source>Table of all people</source>
        <translation>Tabelle aller Personen</translation>
    </message>
</context>
<context>
    <name>AreaTable</name>
    <message>
        <source>Area</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>1st</source>
        <translation>1.</translation>
    </message>
    <message>
        <source>Number of the first fixation in it</source>
        <translation>Nummer der ersten Fixation darin</translation>
    </message>
    <message>
        <source>After s</source>
        <translation>Nach s</translation>
    </message>
    <message>
        <source>Seconds from the image&apos;s appearance to that fixation</source>
        <translation>Sekunden vom Erscheinen des Bildes bis zu dieser Fixation</translation>
    </message>
    <message>
        <source>Fix.</source>
        <translation>Fix.</translation>
    </message>
    <message>
        <source>Fixations in it</source>
        <translation>Fixationen darin</translation>
    </message>
    <message>
        <source>Dwell s</source>
        <translation>Dauer s</translation>
    </message>
    <message>
        <source>Duration of all fixations in it</source>
        <translation>Dauer aller Fixationen darin</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Visits after the first one</source>
        <translation>Besuche nach dem ersten</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>Anteil</translation>
    </message>
    <message>
        <source>Dwell as a share of all fixations on the image</source>
        <translation>Dauer als Anteil aller Fixationen auf dem Bild</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>The same share, mean over all people who viewed the image</source>
        <translation>Derselbe Anteil, Mittel über alle Personen, die das Bild sahen</translation>
    </message>
    <message>
        <source>Hit</source>
        <translation>Treffer</translation>
    </message>
    <message>
        <source>Share of people who looked at it</source>
        <translation>Anteil der Personen, die hinsahen</translation>
    </message>
    <message>
        <source>Areas</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Colour of the area</source>
        <translation>Farbe des Bereichs</translation>
    </message>
</context>
<context>
    <name>BestImagesDialog</name>
    <message>
        <source>Images on which people differ most</source>
        <translation>Bilder, bei denen sich Menschen am meisten unterscheiden</translation>
    </message>
    <message>
        <source>The weights know in what people differ; an image is worth what one viewing of it is expected to tell about a person, and of images that tell the same, one is taken.</source>
        <translation>Die Gewichte wissen, worin sich Menschen unterscheiden; ein Bild zählt so viel, wie eine Betrachtung voraussichtlich über eine Person sagt, und von Bildern, die dasselbe sagen, wird eines genommen.</translation>
    </message>
    <message>
        <source>How many images</source>
        <translation>Wie viele Bilder</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten:</translation>
    </message>
    <message>
        <source>of {0} images</source>
        <translation>von {0} Bildern</translation>
    </message>
    <message>
        <source>Looking at the images …</source>
        <translation>Die Bilder werden angesehen …</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Keep these</source>
        <translation>Diese behalten</translation>
    </message>
    <message>
        <source>This could not be told.</source>
        <translation>Das ließ sich nicht sagen.</translation>
    </message>
    <message>
        <source>{0} image cannot be read and is left out.</source>
        <translation>{0} Bild kann nicht gelesen werden und wird ausgelassen.</translation>
    </message>
    <message>
        <source>{0} images cannot be read and are left out.</source>
        <translation>{0} Bilder sind nicht lesbar und bleiben weg.</translation>
    </message>
    <message>
        <source>about {0} min left</source>
        <translation>noch etwa {0} min</translation>
    </message>
    <message>
        <source>These {0} images are expected to tell as much as {1} random ones: {2} min saved for each person.</source>
        <translation>Diese {0} Bilder sagen voraussichtlich so viel wie {1} zufällige: {2} min gespart je Person.</translation>
    </message>
    <message>
        <source>These {0} images tell no more than random ones would.</source>
        <translation>Diese {0} Bilder sagen nicht mehr, als zufällige es täten.</translation>
    </message>
    <message>
        <source>{0} bits about a person are expected of them.</source>
        <translation>Von ihnen werden {0} Bit über eine Person erwartet.</translation>
    </message>
</context>
<context>
    <name>CalibratePage</name>
    <message>
        <source>Calibration</source>
        <translation>Kalibrierung</translation>
    </message>
    <message>
        <source>Eyes in view</source>
        <translation>Augen im Sichtfeld</translation>
    </message>
    <message>
        <source>Available after the first gaze sample</source>
        <translation>Verfügbar nach den ersten Blickdaten</translation>
    </message>
    <message>
        <source>Residual at each point, degrees</source>
        <translation>Restfehler je Punkt, Grad</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Use this calibration</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Start calibration</source>
        <translation>Kalibrierung starten</translation>
    </message>
    <message>
        <source>No tracker is running yet.</source>
        <translation>Noch läuft kein Eyetracker.</translation>
    </message>
    <message>
        <source>Choose a tracker and the screens first.</source>
        <translation>Wählen Sie zuerst Eyetracker und Bildschirme.</translation>
    </message>
    <message>
        <source>Ready to calibrate.</source>
        <translation>Bereit zur Kalibrierung.</translation>
    </message>
    <message>
        <source>Seat the participant so that both eyes are in view, then press ⏎.</source>
        <translation>Setzen Sie die Versuchsperson so, dass beide Augen im Sichtfeld sind, und drücken Sie dann ⏎.</translation>
    </message>
    <message>
        <source>left out</source>
        <translation>ausgelassen</translation>
    </message>
    <message>
        <source>no gaze</source>
        <translation>kein Blick</translation>
    </message>
</context>
<context>
    <name>CalibrationForm</name>
    <message>
        <source>Points</source>
        <translation>Punkte</translation>
    </message>
    <message>
        <source>To validate</source>
        <translation>Zum Validieren</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>Zielpunkt</translation>
    </message>
    <message>
        <source>shrinking dot</source>
        <translation>kleiner werdend</translation>
    </message>
    <message>
        <source>sun, for children</source>
        <translation>Sonne, für Kinder</translation>
    </message>
    <message>
        <source>picture of my own</source>
        <translation>eigenes Bild</translation>
    </message>
    <message>
        <source>Target size</source>
        <translation>Zielgröße</translation>
    </message>
    <message>
        <source>Target colour</source>
        <translation>Zielfarbe</translation>
    </message>
    <message>
        <source>black or white</source>
        <translation>schwarz oder weiß</translation>
    </message>
    <message>
        <source>red</source>
        <translation>rot</translation>
    </message>
    <message>
        <source>green</source>
        <translation>grün</translation>
    </message>
    <message>
        <source>blue</source>
        <translation>blau</translation>
    </message>
    <message>
        <source>yellow</source>
        <translation>gelb</translation>
    </message>
    <message>
        <source>Next target</source>
        <translation>Nächstes Ziel</translation>
    </message>
    <message>
        <source>The order is random and differs each time.</source>
        <translation>Die Reihenfolge ist zufällig und jedes Mal eine andere.</translation>
    </message>
    <message>
        <source>by itself</source>
        <translation>von selbst</translation>
    </message>
    <message>
        <source>by key ⏎</source>
        <translation>mit Taste ⏎</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Anpassung</translation>
    </message>
    <message>
        <source>shift</source>
        <translation>Verschiebung</translation>
    </message>
    <message>
        <source>affine</source>
        <translation>affin</translation>
    </message>
    <message>
        <source>2nd order</source>
        <translation>2. Ordnung</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Eye</source>
        <translation>Auge</translation>
    </message>
    <message>
        <source>both</source>
        <translation>beide</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>the better one</source>
        <translation>das bessere</translation>
    </message>
    <message>
        <source>Choose picture …</source>
        <translation>Bild wählen …</translation>
    </message>
    <message>
        <source>no picture yet</source>
        <translation>noch kein Bild</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>The target&apos;s picture</source>
        <translation>Bild des Zielpunkts</translation>
    </message>
</context>
<context>
    <name>ChangePassphraseDialog</name>
    <message>
        <source>Change the passphrase</source>
        <translation>Passphrase ändern</translation>
    </message>
    <message>
        <source>The data stay as they are. Backups and copies of the study that were made before open with the old passphrase still.</source>
        <translation>Die Daten bleiben, wie sie sind. Ältere Sicherungen und Kopien der Studie öffnet weiterhin die alte Passphrase.</translation>
    </message>
    <message>
        <source>Passphrase in force</source>
        <translation>Bisherige Passphrase</translation>
    </message>
    <message>
        <source>New passphrase</source>
        <translation>Neue Passphrase</translation>
    </message>
    <message>
        <source>New passphrase once more</source>
        <translation>Neue Passphrase noch einmal</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Ändern</translation>
    </message>
</context>
<context>
    <name>ChoiceList</name>
    <message>
        <source>chosen</source>
        <translation>gewählt</translation>
    </message>
</context>
<context>
    <name>ComparisonFacts</name>
    <message>
        <source>area</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>more by</source>
        <translation>mehr um</translation>
    </message>
    <message>
        <source>95 % interval</source>
        <translation>95-%-Intervall</translation>
    </message>
    <message>
        <source>{0} beside {1}</source>
        <translation>{0} und {1}</translation>
    </message>
    <message>
        <source>The two maps overlap by {0}.</source>
        <translation>Die beiden Karten überlappen zu {0}.</translation>
    </message>
    <message>
        <source>Draw areas to see what one side looks at more (Areas, key 4).</source>
        <translation>Bereiche zeichnen zeigt, was eine Seite mehr ansieht (Bereiche, Taste 4).</translation>
    </message>
    <message>
        <source>Share of looking time. An interval needs two people on each side.</source>
        <translation>Anteil der Blickzeit. Ein Intervall braucht zwei Personen auf jeder Seite.</translation>
    </message>
    <message>
        <source>Share of looking time; coloured where the interval does not hold 0.</source>
        <translation>Anteil der Blickzeit; farbig, wo das Intervall die 0 nicht enthält.</translation>
    </message>
</context>
<context>
    <name>ComparisonForm</name>
    <message>
        <source>First side</source>
        <translation>Erste Seite</translation>
    </message>
    <message>
        <source>Second side</source>
        <translation>Zweite Seite</translation>
    </message>
    <message>
        <source>beside</source>
        <translation>und</translation>
    </message>
</context>
<context>
    <name>ConsentDialog</name>
    <message>
        <source>Consent of {0}</source>
        <translation>Einwilligung von {0}</translation>
    </message>
    <message>
        <source>Let the participant read this, then tick what they agree to.</source>
        <translation>Lassen Sie die Versuchsperson dies lesen, und kreuzen Sie dann an, worin sie einwilligt.</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>{0} agrees: gaze</source>
        <translation>{0} willigt ein: Blickdaten</translation>
    </message>
    <message>
        <source>{0} agrees: pictures of the eyes</source>
        <translation>{0} willigt ein: Bilder der Augen</translation>
    </message>
    <message>
        <source>Agreed already.</source>
        <translation>Bereits eingewilligt.</translation>
    </message>
    <message>
        <source>Asked by (initials)</source>
        <translation>Gefragt von (Kürzel)</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>Record the consent</source>
        <translation>Einwilligung festhalten</translation>
    </message>
    <message>
        <source>This study has no text for this.</source>
        <translation>Diese Studie hat dafür keinen Text.</translation>
    </message>
</context>
<context>
    <name>ConsentTextsDialog</name>
    <message>
        <source>Consent texts</source>
        <translation>Einwilligungstexte</translation>
    </message>
    <message>
        <source>Purpose</source>
        <translation>Zweck</translation>
    </message>
    <message>
        <source>Gaze</source>
        <translation>Blickdaten</translation>
    </message>
    <message>
        <source>Pictures of the eyes</source>
        <translation>Bilder der Augen</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Use this text</source>
        <translation>Diesen Text verwenden</translation>
    </message>
    <message>
        <source>{0} participant agreed to the text before, and is asked again.</source>
        <translation>{0} Versuchsperson hat in den Text davor eingewilligt und wird erneut gefragt.</translation>
    </message>
    <message>
        <source>{0} participants agreed to the text before; they are asked again.</source>
        <translation>{0} Versuchspersonen haben in den Text davor eingewilligt; sie werden erneut gefragt.</translation>
    </message>
    <message>
        <source>{0} participant agreed to this text.</source>
        <translation>{0} Versuchsperson hat in diesen Text eingewilligt.</translation>
    </message>
    <message>
        <source>{0} participants agreed to this text.</source>
        <translation>{0} Versuchspersonen haben in diesen Text eingewilligt.</translation>
    </message>
</context>
<context>
    <name>DesignFiles</name>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Plans (*.toml)</source>
        <translation>Pläne (*.toml)</translation>
    </message>
    <message>
        <source>Folder of images</source>
        <translation>Ordner mit Bildern</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>Tabellen</translation>
    </message>
    <message>
        <source>Table of images</source>
        <translation>Tabelle der Bilder</translation>
    </message>
    <message>
        <source>Where the images are now</source>
        <translation>Wo die Bilder jetzt sind</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
</context>
<context>
    <name>DesignModel</name>
    <message>
        <source>A new plan with the images of the one before.</source>
        <translation>Ein neuer Plan mit den Bildern des vorigen.</translation>
    </message>
    <message>
        <source>Please wait.</source>
        <translation>Bitte warten.</translation>
    </message>
    <message>
        <source>{0} of {1} were found again.</source>
        <translation>{0} von {1} wurden wiedergefunden.</translation>
    </message>
</context>
<context>
    <name>DesignPage</name>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Use in Record</source>
        <translation>Zum Aufzeichnen</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>Was nicht stimmt</translation>
    </message>
    <message>
        <source>A text editor shows the same plan.</source>
        <translation>Ein Texteditor zeigt denselben Plan.</translation>
    </message>
    <message>
        <source>mistake</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} Bilder</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Open …</source>
        <translation>Öffnen …</translation>
    </message>
    <message>
        <source>Rehearse</source>
        <translation>Proben</translation>
    </message>
    <message>
        <source>Run the plan with the mouse; stores nothing.</source>
        <translation>Den Plan mit der Maus durchspielen; speichert nichts.</translation>
    </message>
    <message>
        <source>about {0} min a person</source>
        <translation>etwa {0} min je Person</translation>
    </message>
    <message>
        <source>{0} sittings</source>
        <translation>{0} Termine</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} min</translation>
    </message>
    <message>
        <source>not saved</source>
        <translation>nicht gespeichert</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>Nothing was changed.</source>
        <translation>Es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Reading images …</source>
        <translation>Bilder werden gelesen …</translation>
    </message>
    <message>
        <source>The plan has a mistake.</source>
        <translation>Der Plan hat einen Fehler.</translation>
    </message>
    <message>
        <source>The plan has {0} mistakes.</source>
        <translation>Der Plan hat {0} Fehler.</translation>
    </message>
    <message>
        <source>Each is marked at its place.</source>
        <translation>Jeder ist an seiner Stelle markiert.</translation>
    </message>
    <message>
        <source>It is marked at its place.</source>
        <translation>Er ist an seiner Stelle markiert.</translation>
    </message>
    <message>
        <source>Ready.</source>
        <translation>Bereit.</translation>
    </message>
    <message>
        <source>U saves the plan and uses it in Record.</source>
        <translation>U speichert den Plan und verwendet ihn beim Aufzeichnen.</translation>
    </message>
    <message>
        <source>The next session follows this plan.</source>
        <translation>Die nächste Sitzung folgt diesem Plan.</translation>
    </message>
</context>
<context>
    <name>DetectionDialog</name>
    <message>
        <source>Find fixations anew</source>
        <translation>Fixationen neu bestimmen</translation>
    </message>
    <message>
        <source>For all sessions of the study. What was recorded stays; exports, reports, area tables and enrolment take the new fixations and say so.</source>
        <translation>Für alle Sitzungen der Studie. Aufgezeichnetes bleibt; Exporte, Berichte, Bereichstabellen und Einlernen nehmen die neuen Fixationen und nennen es.</translation>
    </message>
    <message>
        <source>Detector</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>as recorded</source>
        <translation>wie aufgezeichnet</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>{0}: {1} fixations of {2} each; recorded: {3}.</source>
        <translation>{0}: {1} Fixationen von je {2}; aufgezeichnet: {3}.</translation>
    </message>
</context>
<context>
    <name>EmbeddingPanel</name>
    <message>
        <source>Embedding</source>
        <translation>Embedding</translation>
    </message>
    <message>
        <source>Among other participants</source>
        <translation>Unter anderen Versuchspersonen</translation>
    </message>
    <message>
        <source>Uncertainty against images viewed</source>
        <translation>Unsicherheit nach Bildern</translation>
    </message>
    <message>
        <source>Available after the second image.</source>
        <translation>Verfügbar nach dem zweiten Bild.</translation>
    </message>
    <message>
        <source>Available once three other participants have an embedding.</source>
        <translation>Verfügbar, sobald drei andere Versuchspersonen eingelernt sind.</translation>
    </message>
    <message>
        <source>Reliability</source>
        <translation>Verlässlichkeit</translation>
    </message>
    <message>
        <source>{0} among {1} participants</source>
        <translation>{0} unter {1} Versuchspersonen</translation>
    </message>
    <message>
        <source>enough: {0}</source>
        <translation>genug: {0}</translation>
    </message>
    <message>
        <source>Split-half agreement</source>
        <translation>Split-Half-Übereinstimmung</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>not sure yet</source>
        <translation>noch unsicher</translation>
    </message>
    <message>
        <source>Gaze follows the images</source>
        <translation>Blick folgt den Bildern</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>Gaze of one person</source>
        <translation>Blick einer Person</translation>
    </message>
    <message>
        <source>Change by last image</source>
        <translation>Änderung durch letztes Bild</translation>
    </message>
    <message>
        <source>good</source>
        <translation>gut</translation>
    </message>
    <message>
        <source>usable</source>
        <translation>brauchbar</translation>
    </message>
    <message>
        <source>poor</source>
        <translation>schlecht</translation>
    </message>
    <message>
        <source>Gaze quality</source>
        <translation>Datenqualität</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>Fixations per image</source>
        <translation>Fixationen je Bild</translation>
    </message>
    <message>
        <source>Nothing is known about this participant yet.</source>
        <translation>Über diese Versuchsperson ist noch nichts bekannt.</translation>
    </message>
    <message>
        <source>Gaze does not follow the images. Check that the participant looks at them, and calibrate.</source>
        <translation>Der Blick folgt den Bildern nicht. Prüfen Sie, ob die Versuchsperson sie ansieht, und kalibrieren Sie.</translation>
    </message>
    <message>
        <source>Today&apos;s gaze looks like another person&apos;s than that of the earlier sessions. Check who is here.</source>
        <translation>Der heutige Blick sieht nach einer anderen Person aus als der früherer Sitzungen. Prüfen Sie, wer da ist.</translation>
    </message>
    <message>
        <source>This looks like the gaze of two people. Check who is here; record each under their own name.</source>
        <translation>Das sieht nach dem Blick zweier Personen aus. Prüfen Sie, wer da ist; zeichnen Sie jede unter ihrem eigenen Namen auf.</translation>
    </message>
    <message>
        <source>{0} image is known from earlier sessions; today&apos;s are added.</source>
        <translation>{0} Bild ist aus früheren Sitzungen bekannt; die heutigen kommen hinzu.</translation>
    </message>
    <message>
        <source>{0} images are known from earlier sessions; today&apos;s are added.</source>
        <translation>{0} Bilder sind aus früheren Sitzungen bekannt; die von heute kommen hinzu.</translation>
    </message>
    <message>
        <source>Enough is known after {0} images.</source>
        <translation>Nach {0} Bildern ist genug bekannt.</translation>
    </message>
    <message>
        <source>Too early to tell how many images it takes.</source>
        <translation>Noch ist nicht abzusehen, wie viele Bilder nötig sind.</translation>
    </message>
    <message>
        <source>About 1 more image until the embedding is stable.</source>
        <translation>Noch etwa 1 Bild, bis das Embedding stabil ist.</translation>
    </message>
    <message>
        <source>About {0} more images until the embedding is stable.</source>
        <translation>Noch etwa {0} Bilder, bis das Embedding stabil ist.</translation>
    </message>
    <message>
        <source>Time left is not known yet.</source>
        <translation>Die Restzeit ist noch nicht bekannt.</translation>
    </message>
    <message>
        <source>More images refine it only slightly.</source>
        <translation>Weitere Bilder verfeinern es nur wenig.</translation>
    </message>
    <message>
        <source>About half a minute more.</source>
        <translation>Noch etwa eine halbe Minute.</translation>
    </message>
    <message>
        <source>About {0} min more.</source>
        <translation>Noch etwa {0} min.</translation>
    </message>
</context>
<context>
    <name>EncryptDialog</name>
    <message>
        <source>Encrypt this study</source>
        <translation>Diese Studie verschlüsseln</translation>
    </message>
    <message>
        <source>Closed sessions and embeddings are kept encrypted from now on. The passphrase is asked for when the study is opened.</source>
        <translation>Abgeschlossene Sitzungen und Embeddings werden ab jetzt verschlüsselt aufbewahrt. Nach der Passphrase wird gefragt, wenn die Studie geöffnet wird.</translation>
    </message>
    <message>
        <source>Plain stay: participants with notes and consents, the images shown, reports and exports, and a session while it is recorded or interrupted.</source>
        <translation>Unverschlüsselt bleiben: Versuchspersonen mit Notizen und Einwilligungen, die gezeigten Bilder, Berichte und Exporte sowie eine Sitzung, solange sie aufgezeichnet wird oder unterbrochen ist.</translation>
    </message>
    <message>
        <source>A lost passphrase is final, and so is a lost encryption.json in the study&apos;s folder: nobody can read the data again. Keep both in a safe place.</source>
        <translation>Eine verlorene Passphrase ist endgültig, eine verlorene encryption.json im Ordner der Studie ebenso: Niemand kann die Daten wieder lesen. Bewahren Sie beides sicher auf.</translation>
    </message>
    <message>
        <source>Passphrase</source>
        <translation>Passphrase</translation>
    </message>
    <message>
        <source>Passphrase once more</source>
        <translation>Passphrase noch einmal</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Encrypt</source>
        <translation>Verschlüsseln</translation>
    </message>
</context>
<context>
    <name>ExclusionDialog</name>
    <message>
        <source>Exclude from analysis</source>
        <translation>Von der Auswertung ausschließen</translation>
    </message>
    <message>
        <source>Exports, reports, enrolment and training leave it out and say so. Nothing is deleted.</source>
        <translation>Exporte, Berichte, Einlernen und Training lassen es aus und sagen das. Gelöscht wird nichts.</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>such as: the participant talked</source>
        <translation>etwa: die Versuchsperson hat gesprochen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation>Ausschließen</translation>
    </message>
</context>
<context>
    <name>ExclusionList</name>
    <message>
        <source>Left out of analysis</source>
        <translation>Von der Auswertung ausgeschlossen</translation>
    </message>
    <message>
        <source>Nothing is left out.</source>
        <translation>Nichts ist ausgeschlossen.</translation>
    </message>
    <message>
        <source>{0} in force.</source>
        <translation>{0} in Kraft.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>taken back {0}</source>
        <translation>zurückgenommen {0}</translation>
    </message>
    <message>
        <source>Include again</source>
        <translation>Einschließen</translation>
    </message>
    <message>
        <source>{0}, all sessions</source>
        <translation>{0}, alle Sitzungen</translation>
    </message>
    <message>
        <source>{0}, trial {1}</source>
        <translation>{0}, Durchgang {1}</translation>
    </message>
</context>
<context>
    <name>ExportPage</name>
    <message>
        <source>Export</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>Tables of samples, fixations, trials; opens anywhere</source>
        <translation>Tabellen der Blickdaten, Fixationen und Durchgänge; überall lesbar</translation>
    </message>
    <message>
        <source>Eye-tracking layout of BIDS 1.11, one file per eye</source>
        <translation>Eyetracking-Format von BIDS 1.11, eine Datei je Auge</translation>
    </message>
    <message>
        <source>Lab Streaming Layer&apos;s file, with markers</source>
        <translation>Datei des Lab Streaming Layer, mit Markern</translation>
    </message>
    <message>
        <source>Fixations as HDF5 for saliency benchmarks</source>
        <translation>Fixationen als HDF5 für Salienz-Benchmarks</translation>
    </message>
    <message>
        <source>Destination</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Include embeddings (they can identify participants)</source>
        <translation>Embeddings einschließen (sie können Versuchspersonen erkennbar machen)</translation>
    </message>
    <message>
        <source>Replace files of the same name</source>
        <translation>Gleichnamige Dateien ersetzen</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>Studie</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>Geschrieben</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>The same tables, small and typed, for Python and R</source>
        <translation>Dieselben Tabellen, klein und mit Datentypen, für Python und R</translation>
    </message>
    <message>
        <source>Only these participants</source>
        <translation>Nur diese Versuchspersonen</translation>
    </message>
    <message>
        <source>Include pictures of the eyes, where there are any (CSV, Parquet)</source>
        <translation>Auch Bilder der Augen exportieren, falls vorhanden (CSV, Parquet)</translation>
    </message>
    <message>
        <source>Include what was excluded from analysis</source>
        <translation>Auch von der Auswertung Ausgeschlossenes</translation>
    </message>
    <message>
        <source>Back to People</source>
        <translation>Zurück zu Personen</translation>
    </message>
    <message>
        <source>Only {0}</source>
        <translation>Nur {0}</translation>
    </message>
    <message>
        <source>Export of {0}</source>
        <translation>Export von {0}</translation>
    </message>
    <message>
        <source>Export of the study {0}</source>
        <translation>Export der Studie {0}</translation>
    </message>
    <message>
        <source>Participants</source>
        <translation>Versuchspersonen</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Sitzungen</translation>
    </message>
    <message>
        <source>Not complete</source>
        <translation>Nicht abgeschlossen</translation>
    </message>
    <message>
        <source>
and {0} more</source>
        <translation>
und {0} weitere</translation>
    </message>
    <message>
        <source>Exporting …</source>
        <translation>Wird exportiert …</translation>
    </message>
    <message>
        <source>{0} left. X cancels; no incomplete file is kept.</source>
        <translation>Noch {0}. X bricht ab; keine unvollständige Datei bleibt zurück.</translation>
    </message>
    <message>
        <source>Change the destination or tick replace, then press ⏎.</source>
        <translation>Ändern Sie das Ziel, oder kreuzen Sie „ersetzen“ an, und drücken Sie dann ⏎.</translation>
    </message>
    <message>
        <source>{0} files were written.</source>
        <translation>{0} Dateien wurden geschrieben.</translation>
    </message>
    <message>
        <source>{0} file was written.</source>
        <translation>{0} Datei wurde geschrieben.</translation>
    </message>
    <message>
        <source>There is no session to export yet.</source>
        <translation>Noch gibt es keine Sitzung zum Exportieren.</translation>
    </message>
    <message>
        <source>Record one first.</source>
        <translation>Zeichnen Sie zuerst eine auf.</translation>
    </message>
    <message>
        <source>{0} sessions can be exported.</source>
        <translation>{0} Sitzungen können exportiert werden.</translation>
    </message>
    <message>
        <source>{0} session can be exported.</source>
        <translation>{0} Sitzung kann exportiert werden.</translation>
    </message>
    <message>
        <source>Choose a format, then press ⏎.</source>
        <translation>Wählen Sie ein Format, und drücken Sie dann ⏎.</translation>
    </message>
    <message>
        <source>{0} holds files already.</source>
        <translation>{0} enthält schon Dateien.</translation>
    </message>
    <message>
        <source>Export into a new folder beside it, or replace files of the same name in it?</source>
        <translation>In einen neuen Ordner daneben exportieren, oder gleichnamige Dateien darin ersetzen?</translation>
    </message>
    <message>
        <source>Change nothing</source>
        <translation>Nichts ändern</translation>
    </message>
    <message>
        <source>Export into {0}</source>
        <translation>Nach {0} exportieren</translation>
    </message>
</context>
<context>
    <name>FailureHook</name>
    <message>
        <source>Unexpected error. What was recorded is kept.</source>
        <translation>Unerwarteter Fehler. Das Aufgezeichnete bleibt erhalten.</translation>
    </message>
</context>
<context>
    <name>GazeImport</name>
    <message>
        <source>Reading …</source>
        <translation>Lesen …</translation>
    </message>
    <message>
        <source>Reading {0} …</source>
        <translation>{0} wird gelesen …</translation>
    </message>
    <message>
        <source>Storing …</source>
        <translation>Wird gespeichert …</translation>
    </message>
    <message>
        <source>The import was cancelled.</source>
        <translation>Der Import wurde abgebrochen.</translation>
    </message>
    <message>
        <source>Nothing was stored: {0} of {1} files are not read.</source>
        <translation>Es wurde nichts gespeichert: {0} von {1} Dateien lassen sich nicht lesen.</translation>
    </message>
    <message>
        <source>Is in the study already, as session {0}; it was not stored again.</source>
        <translation>Ist schon in der Studie, als Sitzung {0}; nicht noch einmal gespeichert.</translation>
    </message>
    <message>
        <source>{0} samples at {1} Hz, {2} images, {3} fixations</source>
        <translation>{0} Abtastwerte mit {1} Hz, {2} Bilder, {3} Fixationen</translation>
    </message>
    <message>
        <source>The file does not say how large the screen was: {0} × {1} mm at {2} mm are assumed.</source>
        <translation>Die Datei sagt nicht, wie groß der Bildschirm war: Angenommen sind {0} × {1} mm in {2} mm Abstand.</translation>
    </message>
</context>
<context>
    <name>GroupModel</name>
    <message>
        <source>On one side nobody&apos;s gaze that counts lies on this image; choose another one.</source>
        <translation>Auf einer Seite liegt kein zählender Blick auf diesem Bild; eine andere wählen.</translation>
    </message>
    <message>
        <source>No fixation that counts lies on this image.</source>
        <translation>Auf diesem Bild liegt keine Fixation, die zählt.</translation>
    </message>
</context>
<context>
    <name>HeatForm</name>
    <message>
        <source>Whose gaze</source>
        <translation>Wessen Blick</translation>
    </message>
    <message>
        <source>this person</source>
        <translation>diese Person</translation>
    </message>
    <message>
        <source>group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>What counts</source>
        <translation>Was zählt</translation>
    </message>
    <message>
        <source>by duration</source>
        <translation>nach Dauer</translation>
    </message>
    <message>
        <source>by number of fixations</source>
        <translation>nach Zahl der Fixationen</translation>
    </message>
</context>
<context>
    <name>HelpWindow</name>
    <message>
        <source>gazeapp: help</source>
        <translation>gazeapp: Hilfe</translation>
    </message>
</context>
<context>
    <name>ImageArea</name>
    <message>
        <source>Add folder …</source>
        <translation>Ordner hinzufügen …</translation>
    </message>
    <message>
        <source>Add images …</source>
        <translation>Bilder hinzufügen …</translation>
    </message>
    <message>
        <source>Best images …</source>
        <translation>Beste Bilder …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Image earlier</source>
        <translation>Bild früher</translation>
    </message>
    <message>
        <source>Image later</source>
        <translation>Bild später</translation>
    </message>
    <message>
        <source>The images on which people differ most.</source>
        <translation>Die Bilder, bei denen sich Menschen am meisten unterscheiden.</translation>
    </message>
    <message>
        <source>Find moved images …</source>
        <translation>Verschobene suchen …</translation>
    </message>
    <message>
        <source>Remove these</source>
        <translation>Diese entfernen</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>gone</source>
        <translation>fehlt</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>unlesbar</translation>
    </message>
    <message>
        <source>twice</source>
        <translation>doppelt</translation>
    </message>
    <message>
        <source>the same image as {0}</source>
        <translation>dasselbe Bild wie {0}</translation>
    </message>
    <message>
        <source>Of these images: {0}</source>
        <translation>Von diesen Bildern: {0}</translation>
    </message>
</context>
<context>
    <name>ImageFacts</name>
    <message>
        <source>This image</source>
        <translation>Dieses Bild</translation>
    </message>
    <message>
        <source>universal</source>
        <translation>universell</translation>
    </message>
    <message>
        <source>personal</source>
        <translation>persönlich</translation>
    </message>
    <message>
        <source>Trial</source>
        <translation>Durchgang</translation>
    </message>
    <message>
        <source>Fixations</source>
        <translation>Fixationen</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>Excluded: {0}</source>
        <translation>Ausgeschlossen: {0}</translation>
    </message>
</context>
<context>
    <name>ImportForm</name>
    <message>
        <source>Also files that are in the study already</source>
        <translation>Auch Dateien, die schon in der Studie sind</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>Bildschirm</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>by what is in each file</source>
        <translation>nach dem Inhalt jeder Datei</translation>
    </message>
    <message>
        <source>CSV of this program</source>
        <translation>CSV dieses Programms</translation>
    </message>
    <message>
        <source>Parquet of this program</source>
        <translation>Parquet dieses Programms</translation>
    </message>
    <message>
        <source>any other table</source>
        <translation>jede andere Tabelle</translation>
    </message>
    <message>
        <source>Participant</source>
        <translation>Versuchsperson</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>folder with the images that were shown; empty for none</source>
        <translation>Ordner mit den gezeigten Bildern; leer für keine</translation>
    </message>
    <message>
        <source>Choose …</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>as the file says, else fitted to the screen</source>
        <translation>wie die Datei sagt, sonst auf den Bildschirm eingepasst</translation>
    </message>
    <message>
        <source>as the file says, else in their own size</source>
        <translation>wie die Datei sagt, sonst in eigener Größe</translation>
    </message>
    <message>
        <source>Shown</source>
        <translation>Gezeigt</translation>
    </message>
    <message>
        <source>as the file says</source>
        <translation>wie die Datei sagt</translation>
    </message>
    <message>
        <source>as measured</source>
        <translation>wie gemessen</translation>
    </message>
    <message>
        <source>only where a message asks for it, such as sort=yes</source>
        <translation>nur wo eine Meldung danach fragt, etwa sort=yes</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>There is no folder {0}.</source>
        <translation>Es gibt keinen Ordner {0}.</translation>
    </message>
    <message>
        <source>Width in pixels</source>
        <translation>Breite in Pixeln</translation>
    </message>
    <message>
        <source>Height in pixels</source>
        <translation>Höhe in Pixeln</translation>
    </message>
    <message>
        <source>Width in millimetres</source>
        <translation>Breite in Millimetern</translation>
    </message>
    <message>
        <source>Height in millimetres</source>
        <translation>Höhe in Millimetern</translation>
    </message>
    <message>
        <source>Distance in millimetres</source>
        <translation>Abstand in Millimetern</translation>
    </message>
    <message>
        <source>Images that were shown</source>
        <translation>Gezeigte Bilder</translation>
    </message>
</context>
<context>
    <name>ImportGazeDialog</name>
    <message>
        <source>Import gaze</source>
        <translation>Blickdaten importieren</translation>
    </message>
    <message>
        <source>Add files …</source>
        <translation>Dateien hinzufügen …</translation>
    </message>
    <message>
        <source>Leave out</source>
        <translation>Weglassen</translation>
    </message>
    <message>
        <source>Columns …</source>
        <translation>Spalten …</translation>
    </message>
    <message>
        <source>Cancel the import</source>
        <translation>Import abbrechen</translation>
    </message>
    <message>
        <source>Change the choices</source>
        <translation>Angaben ändern</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>file</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>read as</source>
        <translation>gelesen als</translation>
    </message>
    <message>
        <source>is looked at …</source>
        <translation>wird angesehen …</translation>
    </message>
    <message>
        <source>{0}: say what its columns hold</source>
        <translation>{0}: sagen Sie, was die Spalten enthalten</translation>
    </message>
    <message>
        <source>{0}: {1} of the first {2} rows have gaze, at {3} Hz</source>
        <translation>{0}: {1} der ersten {2} Zeilen haben Blickdaten, mit {3} Hz</translation>
    </message>
    <message>
        <source>{0} is not understood; choose its format, or leave it out.</source>
        <translation>{0} wird nicht verstanden; wählen Sie das Format, oder lassen Sie die Datei weg.</translation>
    </message>
    <message>
        <source>Recordings</source>
        <translation>Aufzeichnungen</translation>
    </message>
</context>
<context>
    <name>ImportReport</name>
    <message>
        <source>This window may be closed: the import goes on, and opens it again when it has ended.</source>
        <translation>Dieses Fenster darf geschlossen werden: Der Import geht weiter und öffnet es wieder, wenn er zu Ende ist.</translation>
    </message>
    <message>
        <source>Stored sessions of {0}: {1}.</source>
        <translation>Gespeicherte Sitzungen von {0}: {1}.</translation>
    </message>
</context>
<context>
    <name>LayoutForm</name>
    <message>
        <source>pixels</source>
        <translation>Pixel</translation>
    </message>
    <message>
        <source>normalised, 0 to 1</source>
        <translation>normiert, 0 bis 1</translation>
    </message>
    <message>
        <source>millimetres</source>
        <translation>Millimeter</translation>
    </message>
    <message>
        <source>metres</source>
        <translation>Meter</translation>
    </message>
    <message>
        <source>percent of the screen</source>
        <translation>Prozent des Bildschirms</translation>
    </message>
    <message>
        <source>centimetres</source>
        <translation>Zentimeter</translation>
    </message>
    <message>
        <source>degrees</source>
        <translation>Grad</translation>
    </message>
    <message>
        <source>screen heights</source>
        <translation>Bildschirmhöhen</translation>
    </message>
    <message>
        <source>norm, -1 to 1</source>
        <translation>norm, −1 bis 1</translation>
    </message>
    <message>
        <source>not said</source>
        <translation>keine Angabe</translation>
    </message>
    <message>
        <source>top left</source>
        <translation>oben links</translation>
    </message>
    <message>
        <source>bottom left</source>
        <translation>unten links</translation>
    </message>
    <message>
        <source>centre, down</source>
        <translation>Mitte, abwärts</translation>
    </message>
    <message>
        <source>centre, up</source>
        <translation>Mitte, aufwärts</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>Einheit</translation>
    </message>
    <message>
        <source>Origin</source>
        <translation>Ursprung</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Spalten</translation>
    </message>
    <message>
        <source>As the stream says</source>
        <translation>Wie im Stream angegeben</translation>
    </message>
    <message>
        <source>automatic: {0}</source>
        <translation>automatisch: {0}</translation>
    </message>
    <message>
        <source>Such as {0}</source>
        <translation>Zum Beispiel {0}</translation>
    </message>
    <message>
        <source>found by the channels&apos; types</source>
        <translation>an den Kanaltypen erkannt</translation>
    </message>
    <message>
        <source>found by the channels&apos; names</source>
        <translation>an den Kanalnamen erkannt</translation>
    </message>
    <message>
        <source>guessed from channel order: check</source>
        <translation>aus der Kanalreihenfolge geraten: bitte prüfen</translation>
    </message>
    <message>
        <source>as you said</source>
        <translation>wie von Ihnen angegeben</translation>
    </message>
    <message>
        <source>unnamed</source>
        <translation>ohne Namen</translation>
    </message>
    <message>
        <source>Not understood; its channels are {0}</source>
        <translation>Nicht verstanden; die Kanäle sind {0}</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
</context>
<context>
    <name>LinkNotice</name>
    <message>
        <source>Connecting the tracker again …</source>
        <translation>Eyetracker wird wieder verbunden …</translation>
    </message>
    <message>
        <source>This takes a few seconds. What was recorded is safe on disk.</source>
        <translation>Das dauert einige Sekunden. Das Aufgezeichnete ist sicher gespeichert.</translation>
    </message>
    <message>
        <source>What was recorded is safe on disk, and the gap is marked.</source>
        <translation>Das Aufgezeichnete ist sicher gespeichert, und die Lücke ist markiert.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Reconnect</source>
        <translation>Wieder verbinden</translation>
    </message>
    <message>
        <source>{0} Check cable and power, then reconnect.</source>
        <translation>{0} Prüfen Sie Kabel und Stromversorgung, und verbinden Sie dann neu.</translation>
    </message>
    <message>
        <source>{0} It is taken up again as soon as it delivers.</source>
        <translation>{0} Sobald wieder Daten kommen, geht es weiter.</translation>
    </message>
    <message>
        <source>It was away for {0} s: that gap is marked in the recording.</source>
        <translation>Er war {0} s lang weg; diese Lücke ist in der Aufzeichnung markiert.</translation>
    </message>
    <message>
        <source>The gap is marked in the recording.</source>
        <translation>Die Lücke ist in der Aufzeichnung markiert.</translation>
    </message>
    <message>
        <source>Calibrate again</source>
        <translation>Neu kalibrieren</translation>
    </message>
</context>
<context>
    <name>LivePage</name>
    <message>
        <source>Check drift</source>
        <translation>Drift prüfen</translation>
    </message>
    <message>
        <source>Correct drift</source>
        <translation>Drift korrigieren</translation>
    </message>
    <message>
        <source>By the images …</source>
        <translation>Anhand der Bilder …</translation>
    </message>
    <message>
        <source>End here</source>
        <translation>Hier beenden</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Start enrolment</source>
        <translation>Einlernen starten</translation>
    </message>
    <message>
        <source>Start overlay</source>
        <translation>Overlay starten</translation>
    </message>
    <message>
        <source>Being computed …</source>
        <translation>Wird berechnet …</translation>
    </message>
    <message>
        <source>Available after the first image</source>
        <translation>Verfügbar nach dem ersten Bild</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Show results</source>
        <translation>Ergebnisse zeigen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>End the break</source>
        <translation>Pause beenden</translation>
    </message>
    <message>
        <source>{0} CC</source>
        <translation>{0} CC</translation>
    </message>
    <message>
        <source>Gaze</source>
        <translation>Blick</translation>
    </message>
    <message>
        <source>fixation</source>
        <translation>Fixation</translation>
    </message>
    <message>
        <source>between</source>
        <translation>dazwischen</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>verloren</translation>
    </message>
    <message>
        <source>No gaze yet</source>
        <translation>Noch kein Blick</translation>
    </message>
    <message>
        <source>Enrolment</source>
        <translation>Einlernen</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>Overlay</translation>
    </message>
    <message>
        <source>Practice</source>
        <translation>Übung</translation>
    </message>
    <message>
        <source>No session is running.</source>
        <translation>Es läuft keine Sitzung.</translation>
    </message>
    <message>
        <source>Set up and calibrate first.</source>
        <translation>Richten Sie zuerst alles ein, und kalibrieren Sie.</translation>
    </message>
    <message>
        <source>All images were viewed.</source>
        <translation>Alle Bilder wurden betrachtet.</translation>
    </message>
    <message>
        <source>⏎ shows the results.</source>
        <translation>⏎ zeigt die Ergebnisse.</translation>
    </message>
    <message>
        <source>Space resumes; an interrupted image is shown again.</source>
        <translation>Die Leertaste setzt fort; ein unterbrochenes Bild wird erneut gezeigt.</translation>
    </message>
    <message>
        <source>The participant reads.</source>
        <translation>Die Versuchsperson liest.</translation>
    </message>
    <message>
        <source>⏎ goes on, and so does Space on the participant&apos;s screen.</source>
        <translation>⏎ geht weiter, ebenso die Leertaste auf dem Bildschirm der Versuchsperson.</translation>
    </message>
    <message>
        <source>The participant has a break.</source>
        <translation>Pause der Versuchsperson.</translation>
    </message>
    <message>
        <source>It ends in {0}, or with ⏎.</source>
        <translation>Sie endet in {0} oder mit ⏎.</translation>
    </message>
    <message>
        <source>Calibrate again</source>
        <translation>Neu kalibrieren</translation>
    </message>
    <message>
        <source>x, y · last 5 s</source>
        <translation>x, y · letzte 5 s</translation>
    </message>
    <message>
        <source>Ended after {1} of {0} image.</source>
        <translation>Nach {1} von {0} Bild beendet.</translation>
    </message>
    <message>
        <source>Ended after {1} of {0} images.</source>
        <translation>Nach {1} von {0} Bildern beendet.</translation>
    </message>
    <message>
        <source>waits for gaze on the cross</source>
        <translation>wartet auf den Blick auf dem Kreuz</translation>
    </message>
    <message>
        <source>drift check</source>
        <translation>Driftprüfung</translation>
    </message>
    <message>
        <source>{0}: image {1} of {2}</source>
        <translation>{0}: Bild {1} von {2}</translation>
    </message>
    <message>
        <source>image {0} of {1}</source>
        <translation>Bild {0} von {1}</translation>
    </message>
    <message>
        <source>Ready: {0} images.</source>
        <translation>Bereit: {0} Bilder.</translation>
    </message>
    <message>
        <source>Ready: {0} image.</source>
        <translation>Bereit: {0} Bild.</translation>
    </message>
    <message>
        <source>⏎ starts. The participant views the images freely.</source>
        <translation>⏎ startet. Die Versuchsperson betrachtet die Bilder frei.</translation>
    </message>
</context>
<context>
    <name>LookBar</name>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Map</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Whole picture</source>
        <translation>Ganzes Bild</translation>
    </message>
    <message>
        <source>The wheel zooms, dragging moves, a click enlarges one picture</source>
        <translation>Das Mausrad zoomt, Ziehen verschiebt, ein Klick vergrößert ein Bild</translation>
    </message>
    <message>
        <source>Whole picture ({0}×)</source>
        <translation>Ganzes Bild ({0}×)</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>Design</source>
        <translation>Planen</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Tracker</source>
        <translation>Eyetracker</translation>
    </message>
    <message>
        <source>Screens</source>
        <translation>Bildschirme</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>Validate</source>
        <translation>Validieren</translation>
    </message>
    <message>
        <source>Enrol</source>
        <translation>Einlernen</translation>
    </message>
    <message>
        <source>Overlay</source>
        <translation>Overlay</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Universal map</source>
        <translation>Universelle Karte</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>Aufzeichnen</translation>
    </message>
    <message>
        <source>Esc pauses</source>
        <translation>Esc hält an</translation>
    </message>
    <message>
        <source>{0} · {1} free</source>
        <translation>{0} · {1} frei</translation>
    </message>
</context>
<context>
    <name>MapBoard</name>
    <message>
        <source>Universal</source>
        <translation>Universell</translation>
    </message>
    <message>
        <source>Personal</source>
        <translation>Persönlich</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Gaze now</source>
        <translation>Blick jetzt</translation>
    </message>
    <message>
        <source>Universal and personal</source>
        <translation>Universell und persönlich</translation>
    </message>
    <message>
        <source>A click enlarges this picture, another one brings all back.</source>
        <translation>Ein Klick vergrößert dieses Bild, ein weiterer zeigt wieder alle.</translation>
    </message>
    <message>
        <source>No image on the screen</source>
        <translation>Kein Bild auf dem Bildschirm</translation>
    </message>
    <message>
        <source>Being computed …</source>
        <translation>Wird berechnet …</translation>
    </message>
    <message>
        <source>Available after the personal map</source>
        <translation>Verfügbar nach der persönlichen Karte</translation>
    </message>
    <message>
        <source>Available after the first image</source>
        <translation>Verfügbar nach dem ersten Bild</translation>
    </message>
    <message>
        <source>Once more: one picture after another, large.</source>
        <translation>Noch einmal: ein Bild nach dem anderen, groß.</translation>
    </message>
    <message>
        <source>less</source>
        <translation>weniger</translation>
    </message>
    <message>
        <source>more gaze</source>
        <translation>mehr Blick</translation>
    </message>
    <message>
        <source>more than others</source>
        <translation>mehr als andere</translation>
    </message>
    <message>
        <source>less than others</source>
        <translation>weniger als andere</translation>
    </message>
    <message>
        <source>this participant</source>
        <translation>diese Versuchsperson</translation>
    </message>
    <message>
        <source>where people look</source>
        <translation>wohin Menschen blicken</translation>
    </message>
    <message>
        <source>where {0} looks</source>
        <translation>wohin {0} blickt</translation>
    </message>
    <message>
        <source>personal − universal</source>
        <translation>persönlich − universell</translation>
    </message>
    <message>
        <source>1 fixation</source>
        <translation>1 Fixation</translation>
    </message>
    <message>
        <source>{0} fixations</source>
        <translation>{0} Fixationen</translation>
    </message>
    <message>
        <source>trail 1 s</source>
        <translation>Spur 1 s</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>Nebeneinander</translation>
    </message>
    <message>
        <source>Swipe</source>
        <translation>Wischen</translation>
    </message>
    <message>
        <source>Flicker</source>
        <translation>Wechsel</translation>
    </message>
    <message>
        <source>Contour</source>
        <translation>Kontur</translation>
    </message>
</context>
<context>
    <name>MapSliders</name>
    <message>
        <source>Map</source>
        <translation>Karte</translation>
    </message>
    <message>
        <source>Opacity of the maps</source>
        <translation>Deckkraft der Karten</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Brightness of the images</source>
        <translation>Helligkeit der Bilder</translation>
    </message>
</context>
<context>
    <name>NewPersonDialog</name>
    <message>
        <source>New participant</source>
        <translation>Neue Versuchsperson</translation>
    </message>
    <message>
        <source>Pseudonym</source>
        <translation>Pseudonym</translation>
    </message>
    <message>
        <source>such as P-017; never a name</source>
        <translation>etwa P-017; nie ein Name</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Paused.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>F1 help</source>
        <translation>F1 Hilfe</translation>
    </message>
</context>
<context>
    <name>PairFacts</name>
    <message>
        <source>On any image</source>
        <translation>Auf jedem Bild</translation>
    </message>
    <message>
        <source>Share of gaze, told from the embeddings; measured on photographs of crowds.</source>
        <translation>Anteil des Blicks, aus den Embeddings abgelesen; gemessen an Fotos von Menschenmengen.</translation>
    </message>
</context>
<context>
    <name>PassphraseDialog</name>
    <message>
        <source>This study is encrypted</source>
        <translation>Diese Studie ist verschlüsselt</translation>
    </message>
    <message>
        <source>Sessions and embeddings of {0} can be read with its passphrase.</source>
        <translation>Sitzungen und Embeddings von {0} lassen sich mit ihrer Passphrase lesen.</translation>
    </message>
    <message>
        <source>Passphrase</source>
        <translation>Passphrase</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
</context>
<context>
    <name>PeoplePage</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Find  /</source>
        <translation>Suchen  /</translation>
    </message>
    <message>
        <source>Import list …</source>
        <translation>Liste importieren …</translation>
    </message>
    <message>
        <source>Export study …</source>
        <translation>Studie exportieren …</translation>
    </message>
    <message>
        <source>Import gaze …</source>
        <translation>Blickdaten importieren …</translation>
    </message>
    <message>
        <source>Nobody yet.

N adds a participant, L a list of pseudonyms, G makes pseudonyms up.
I imports gaze that was recorded elsewhere.</source>
        <translation>Noch niemand.

N legt eine Versuchsperson an, L eine Liste von Pseudonymen, G erzeugt Pseudonyme.
I importiert anderswo aufgezeichnete Blickdaten.</translation>
    </message>
    <message>
        <source>Pseudonyms …</source>
        <translation>Pseudonyme …</translation>
    </message>
    <message>
        <source>How it goes</source>
        <translation>So geht es</translation>
    </message>
    <message>
        <source>New participant</source>
        <translation>Neue Versuchsperson</translation>
    </message>
    <message>
        <source>Choose a participant to see their consent, sessions and notes.</source>
        <translation>Wählen Sie eine Versuchsperson, um Einwilligung, Sitzungen und Notizen zu sehen.</translation>
    </message>
    <message>
        <source>A session belongs to one participant. Add one, press R, read the consent text together, and follow the steps of Record. What was recorded is opened from here again, also years later.</source>
        <translation>Eine Sitzung gehört zu genau einer Versuchsperson. Legen Sie eine an, drücken Sie R, lesen Sie gemeinsam den Einwilligungstext und folgen Sie den Schritten unter Aufzeichnen. Aufgezeichnetes wird hier wieder geöffnet, auch nach Jahren.</translation>
    </message>
    <message>
        <source>Open another study, or close it there and press F5 to read it again.</source>
        <translation>Öffnen Sie eine andere Studie, oder schließen Sie diese dort, und drücken Sie F5, um sie erneut zu lesen.</translation>
    </message>
    <message>
        <source>Nothing was changed.</source>
        <translation>Es wurde nichts geändert.</translation>
    </message>
    <message>
        <source>Reading the study …</source>
        <translation>Studie wird gelesen …</translation>
    </message>
    <message>
        <source>This study can be read, not changed.</source>
        <translation>Diese Studie kann gelesen, aber nicht geändert werden.</translation>
    </message>
    <message>
        <source>Its folder or disk is write-protected. Copy it to a disk that can be written.</source>
        <translation>Ihr Ordner oder Datenträger ist schreibgeschützt. Kopieren Sie sie auf einen beschreibbaren Datenträger.</translation>
    </message>
    <message>
        <source>Continue {0}</source>
        <translation>{0} fortsetzen</translation>
    </message>
    <message>
        <source>Leave it incomplete</source>
        <translation>Unvollständig lassen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Embeddings are computed again: {0} of {1}.</source>
        <translation>Embeddings werden neu berechnet: {0} von {1}.</translation>
    </message>
    <message>
        <source>Go on with what you like; the former ones stay.</source>
        <translation>Arbeiten Sie weiter; die bisherigen bleiben.</translation>
    </message>
    <message>
        <source>They can be computed again from the sessions; the former ones stay beside the new ones.</source>
        <translation>Sie lassen sich aus den Sitzungen neu berechnen; die bisherigen bleiben daneben erhalten.</translation>
    </message>
    <message>
        <source>Compute again</source>
        <translation>Neu berechnen</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>Jetzt nicht</translation>
    </message>
    <message>
        <source>{0} or ⏎</source>
        <translation>{0} oder ⏎</translation>
    </message>
    <message>
        <source>{0} participant was added.</source>
        <translation>{0} Versuchsperson wurde hinzugefügt.</translation>
    </message>
    <message>
        <source>{0} participants were added.</source>
        <translation>{0} Versuchspersonen wurden hinzugefügt.</translation>
    </message>
    <message>
        <source>{0} participant was added: {1}.</source>
        <translation>{0} Versuchsperson wurde hinzugefügt: {1}.</translation>
    </message>
    <message>
        <source>{0} participants were added: {1} to {2}.</source>
        <translation>{0} Versuchspersonen wurden hinzugefügt: {1} bis {2}.</translation>
    </message>
    <message>
        <source>Erase only</source>
        <translation>Nur löschen</translation>
    </message>
    <message>
        <source>Note the withdrawal and erase</source>
        <translation>Widerruf vermerken und löschen</translation>
    </message>
    <message>
        <source>find</source>
        <translation>suchen</translation>
    </message>
    <message>
        <source>Other weights than those in use made the embedding of {0} participant.</source>
        <translation>Das Embedding von {0} Versuchsperson stammt von anderen Gewichten als den verwendeten.</translation>
    </message>
    <message>
        <source>Other weights than those in use made the embeddings of {0} participants.</source>
        <translation>Die Embeddings von {0} Versuchspersonen stammen von anderen Gewichten als den verwendeten.</translation>
    </message>
    <message>
        <source>Participant list</source>
        <translation>Liste der Versuchspersonen</translation>
    </message>
    <message>
        <source>Tables (*.csv *.tsv *.txt)</source>
        <translation>Tabellen (*.csv *.tsv *.txt)</translation>
    </message>
    <message>
        <source>Everybody of the list is in the study already.</source>
        <translation>Alle auf der Liste sind schon in der Studie.</translation>
    </message>
    <message>
        <source>Make up pseudonyms</source>
        <translation>Pseudonyme erzeugen</translation>
    </message>
    <message>
        <source>How many participants?</source>
        <translation>Wie viele Versuchspersonen?</translation>
    </message>
    <message>
        <source>Erase {0}?</source>
        <translation>{0} löschen?</translation>
    </message>
    <message>
        <source>Keep everything</source>
        <translation>Alles behalten</translation>
    </message>
</context>
<context>
    <name>PeopleScatter</name>
    <message>
        <source>People by how alike they look</source>
        <translation>Personen nach Ähnlichkeit ihres Blicks</translation>
    </message>
    <message>
        <source>Near dots look alike. Click a dot to open the person; the wheel zooms.</source>
        <translation>Nahe Punkte blicken ähnlich. Ein Klick auf einen Punkt öffnet die Person; das Mausrad zoomt.</translation>
    </message>
    <message>
        <source>Fewer than three people have an embedding: enrol more to compare them.</source>
        <translation>Weniger als drei Personen sind eingelernt; mehr einlernen, um sie zu vergleichen.</translation>
    </message>
    <message>
        <source>Made by other weights, so not shown: {0}.</source>
        <translation>Mit anderen Gewichten gemacht, daher nicht gezeigt: {0}.</translation>
    </message>
    <message>
        <source>{0} ({1})</source>
        <translation>{0} ({1})</translation>
    </message>
    <message>
        <source>first direction</source>
        <translation>erste Richtung</translation>
    </message>
    <message>
        <source>second direction</source>
        <translation>zweite Richtung</translation>
    </message>
    <message>
        <source>{0} ({1} of the differences)</source>
        <translation>{0} ({1} der Unterschiede)</translation>
    </message>
    <message>
        <source>{0}: known from {1} images</source>
        <translation>{0}: bekannt aus {1} Bildern</translation>
    </message>
</context>
<context>
    <name>PeopleTable</name>
    <message>
        <source>participant</source>
        <translation>Person</translation>
    </message>
    <message>
        <source>sessions</source>
        <translation>Sitzungen</translation>
    </message>
    <message>
        <source>state</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>accuracy</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>embedding</source>
        <translation>Embedding</translation>
    </message>
    <message>
        <source>personal better</source>
        <translation>pers. besser</translation>
    </message>
    <message>
        <source>last seen</source>
        <translation>zuletzt da</translation>
    </message>
    <message>
        <source>Images of the last session on which the personal map predicted gaze better (CC)</source>
        <translation>Bilder der letzten Sitzung, auf denen die persönliche Karte den Blick besser vorhersagte (CC)</translation>
    </message>
</context>
<context>
    <name>PeopleView</name>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
</context>
<context>
    <name>PersonPanel</name>
    <message>
        <source>Consent</source>
        <translation>Einwilligung</translation>
    </message>
    <message>
        <source>Sessions</source>
        <translation>Sitzungen</translation>
    </message>
    <message>
        <source>None yet.</source>
        <translation>Noch keine.</translation>
    </message>
    <message>
        <source>What is known</source>
        <translation>Was bekannt ist</translation>
    </message>
    <message>
        <source>Nothing yet.</source>
        <translation>Noch nichts.</translation>
    </message>
    <message>
        <source>Recognise the newest session</source>
        <translation>Neueste Sitzung wiedererkennen</translation>
    </message>
    <message>
        <source>What stands out</source>
        <translation>Was auffällt</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Angaben</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Notiz</translation>
    </message>
    <message>
        <source>Record a session</source>
        <translation>Sitzung aufzeichnen</translation>
    </message>
    <message>
        <source>Continue the session</source>
        <translation>Sitzung fortsetzen</translation>
    </message>
    <message>
        <source>Analyse</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Consent …</source>
        <translation>Einwilligung …</translation>
    </message>
    <message>
        <source>Rename …</source>
        <translation>Umbenennen …</translation>
    </message>
    <message>
        <source>Export …</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Erase …</source>
        <translation>Löschen …</translation>
    </message>
    <message>
        <source>Continue {0}</source>
        <translation>{0} fortsetzen</translation>
    </message>
    <message>
        <source>Embedding</source>
        <translation>Embedding</translation>
    </message>
    <message>
        <source>Spread</source>
        <translation>Streuung</translation>
    </message>
    <message>
        <source>Personal map better</source>
        <translation>Pers. Karte besser</translation>
    </message>
    <message>
        <source>From the session of</source>
        <translation>Aus Sitzung vom</translation>
    </message>
    <message>
        <source>Gaze</source>
        <translation>Blickdaten</translation>
    </message>
    <message>
        <source>Pictures of the eyes</source>
        <translation>Bilder der Augen</translation>
    </message>
    <message>
        <source>agreed, {0}</source>
        <translation>erteilt, {0}</translation>
    </message>
    <message>
        <source>none yet</source>
        <translation>noch keine</translation>
    </message>
    <message>
        <source>Share of gaze beside others&apos;, told from the embedding.</source>
        <translation>Anteil des Blicks gegenüber anderen, aus dem Embedding abgelesen.</translation>
    </message>
    <message>
        <source>as {0} of {1}</source>
        <translation>als {0}. von {1}</translation>
    </message>
    <message>
        <source>Recognised</source>
        <translation>Wiedererkannt</translation>
    </message>
    <message>
        <source>Error rate</source>
        <translation>Fehlerrate</translation>
    </message>
    <message>
        <source>text changed: ask again</source>
        <translation>Text geändert: neu fragen</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>not agreed</source>
        <translation>nicht erteilt</translation>
    </message>
</context>
<context>
    <name>PictureDialog</name>
    <message>
        <source>Save picture</source>
        <translation>Bild speichern</translation>
    </message>
    <message>
        <source>Kind of file</source>
        <translation>Art der Datei</translation>
    </message>
    <message>
        <source>PNG: pixels, for slides</source>
        <translation>PNG: Pixel, für Folien</translation>
    </message>
    <message>
        <source>SVG: marks and words can be edited</source>
        <translation>SVG: Zeichen und Wörter bleiben bearbeitbar</translation>
    </message>
    <message>
        <source>PDF: for print</source>
        <translation>PDF: zum Drucken</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>Einheit</translation>
    </message>
    <message>
        <source>pixels</source>
        <translation>Pixel</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>Höhe</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Save as …</source>
        <translation>Speichern unter …</translation>
    </message>
    <message>
        <source>Width and height in pixels.</source>
        <translation>Breite und Höhe in Pixeln.</translation>
    </message>
    <message>
        <source>Words and marks stay vectors; the image keeps all its pixels.</source>
        <translation>Wörter und Zeichen bleiben Vektoren; das Bild behält alle Pixel.</translation>
    </message>
</context>
<context>
    <name>PlanHead</name>
    <message>
        <source>Name of the plan</source>
        <translation>Name des Plans</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
</context>
<context>
    <name>PlanList</name>
    <message>
        <source>Plans</source>
        <translation>Pläne</translation>
    </message>
    <message>
        <source>Plans of the study</source>
        <translation>Pläne der Studie</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>Beginnen mit</translation>
    </message>
    <message>
        <source>Quick enrolment</source>
        <translation>Kurz einlernen</translation>
    </message>
    <message>
        <source>Four viewings</source>
        <translation>Vier Termine</translation>
    </message>
    <message>
        <source>Overlay only</source>
        <translation>Nur Overlay</translation>
    </message>
    <message>
        <source>Earlier session</source>
        <translation>Frühere Sitzung</translation>
    </message>
    <message>
        <source>As few images as it takes, each chosen by what it tells.</source>
        <translation>So wenige Bilder wie nötig, jedes danach gewählt, was es sagt.</translation>
    </message>
    <message>
        <source>Every image in each of four sittings, two days apart.</source>
        <translation>Jedes Bild an jedem von vier Terminen, zwei Tage auseinander.</translation>
    </message>
    <message>
        <source>For people who are known already.</source>
        <translation>Für Personen, die schon bekannt sind.</translation>
    </message>
    <message>
        <source>The plan and the images of a session of this study.</source>
        <translation>Der Plan und die Bilder einer Sitzung dieser Studie.</translation>
    </message>
    <message>
        <source>No session was recorded in this study yet.</source>
        <translation>In dieser Studie wurde noch keine Sitzung aufgezeichnet.</translation>
    </message>
</context>
<context>
    <name>PlanRehearsals</name>
    <message>
        <source>Rehearsal with the mouse: nothing is stored.
Space goes on at once, Esc ends.</source>
        <translation>Probe mit der Maus: Nichts wird gespeichert.
Die Leertaste geht sofort weiter, Esc beendet.</translation>
    </message>
    <message>
        <source>The participant&apos;s screen is in use: rehearse once the session is over.</source>
        <translation>Der Bildschirm der Versuchsperson wird gebraucht: Proben geht, wenn die Sitzung zu Ende ist.</translation>
    </message>
    <message>
        <source>Rehearsing: {0} of {1} images. Esc on the participant&apos;s screen ends it.</source>
        <translation>Probe: {0} von {1} Bildern. Esc auf dem Bildschirm der Versuchsperson beendet sie.</translation>
    </message>
    <message>
        <source>Rehearsed {0} of {1} images in {2} min; nothing was stored.</source>
        <translation>{0} von {1} Bildern in {2} min geprobt; nichts wurde gespeichert.</translation>
    </message>
</context>
<context>
    <name>PreferenceFacts</name>
    <message>
        <source>more by (95 %)</source>
        <translation>mehr um (95 %)</translation>
    </message>
</context>
<context>
    <name>PreferenceModel</name>
    <message>
        <source>{0} has no embedding yet.</source>
        <translation>{0} hat noch kein Embedding.</translation>
    </message>
    <message>
        <source>The study is encrypted; give its passphrase to see this.</source>
        <translation>Die Studie ist verschlüsselt; geben Sie die Passphrase ein, um dies zu sehen.</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>Lesen …</translation>
    </message>
</context>
<context>
    <name>QualityPage</name>
    <message>
        <source>Gaze quality</source>
        <translation>Datenqualität</translation>
    </message>
    <message>
        <source>The plot is being loaded …</source>
        <translation>Das Diagramm wird geladen …</translation>
    </message>
    <message>
        <source>now</source>
        <translation>jetzt</translation>
    </message>
    <message>
        <source>session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>limit</source>
        <translation>Grenze</translation>
    </message>
    <message>
        <source>Data loss, precision, rate</source>
        <translation>Datenverlust, Präzision, Rate</translation>
    </message>
    <message>
        <source>Checks</source>
        <translation>Prüfungen</translation>
    </message>
    <message>
        <source>at</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>off by</source>
        <translation>Abw.</translation>
    </message>
    <message>
        <source>What the tracker reported</source>
        <translation>Was der Eyetracker meldete</translation>
    </message>
    <message>
        <source>Whole session</source>
        <translation>Ganze Sitzung</translation>
    </message>
    <message>
        <source>Check drift</source>
        <translation>Drift prüfen</translation>
    </message>
    <message>
        <source>Correct drift</source>
        <translation>Drift korrigieren</translation>
    </message>
    <message>
        <source>By the images …</source>
        <translation>Anhand der Bilder …</translation>
    </message>
    <message>
        <source>End here</source>
        <translation>Hier beenden</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>No gaze was measured yet.</source>
        <translation>Es wurde noch kein Blick gemessen.</translation>
    </message>
    <message>
        <source>Loss, precision and rate follow from the first gaze sample on.</source>
        <translation>Verlust, Präzision und Rate folgen ab dem ersten Blick-Sample.</translation>
    </message>
    <message>
        <source>Off by, degrees: validation ● (limit dotted), drift ◆ (limit dashed)</source>
        <translation>Abweichung, Grad: Validierung ● (Grenze gepunktet), Drift ◆ (Grenze gestrichelt)</translation>
    </message>
    <message>
        <source>time of the session</source>
        <translation>Zeit der Sitzung</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Präzision</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>Drift</source>
        <translation>Drift</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Gaze drifted: {0} at the last check.</source>
        <translation>Der Blick ist gedriftet: {0} bei der letzten Prüfung.</translation>
    </message>
    <message>
        <source>G corrects it by what the check found; or recalibrate.</source>
        <translation>G korrigiert um das, was die Prüfung ergab; oder kalibrieren Sie neu.</translation>
    </message>
    <message>
        <source>Data loss is too high: {0}.</source>
        <translation>Der Datenverlust ist zu hoch: {0}.</translation>
    </message>
    <message>
        <source>Check the participant&apos;s position, glasses and light.</source>
        <translation>Prüfen Sie Position, Brille und Beleuchtung der Versuchsperson.</translation>
    </message>
    <message>
        <source> The tracker was lost once.</source>
        <translation> Die Verbindung zum Eyetracker brach einmal ab.</translation>
    </message>
    <message>
        <source> The tracker was lost {0} times.</source>
        <translation> Die Verbindung zum Eyetracker brach {0}-mal ab.</translation>
    </message>
    <message>
        <source>Gaze quality is good: data loss {0}, precision {1}.</source>
        <translation>Die Datenqualität ist gut: Datenverlust {0}, Präzision {1}.</translation>
    </message>
    <message>
        <source>The wheel zooms in time, dragging moves, W shows all. K checks for drift between images.</source>
        <translation>Das Mausrad vergrößert die Zeitachse, Ziehen verschiebt sie, W zeigt alles. K prüft zwischen den Bildern die Drift.</translation>
    </message>
    <message>
        <source>The plot cannot be shown: {0}</source>
        <translation>Das Diagramm kann nicht gezeigt werden: {0}</translation>
    </message>
    <message>
        <source>Data loss, %: tracker lost ▲</source>
        <translation>Datenverlust, %: Verbindung verloren ▲</translation>
    </message>
    <message>
        <source>Precision RMS-S2S, degrees</source>
        <translation>Präzision RMS-S2S, Grad</translation>
    </message>
</context>
<context>
    <name>RecalibrationDialog</name>
    <message>
        <source>Correct gaze by the images</source>
        <translation>Blick anhand der Bilder korrigieren</translation>
    </message>
    <message>
        <source>before</source>
        <translation>vorher</translation>
    </message>
    <message>
        <source>after</source>
        <translation>nachher</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Take back</source>
        <translation>Zurücknehmen</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Anwenden</translation>
    </message>
    <message>
        <source>The images are being looked at …</source>
        <translation>Die Bilder werden ausgewertet …</translation>
    </message>
    <message>
        <source>Nothing is known yet.</source>
        <translation>Noch ist nichts bekannt.</translation>
    </message>
    <message>
        <source>This correction is applied. {0}</source>
        <translation>Diese Korrektur ist angewendet. {0}</translation>
    </message>
    <message>
        <source>Off the targets of the validation, by the images alone</source>
        <translation>Abweichung an den Validierungspunkten, nur anhand der Bilder</translation>
    </message>
</context>
<context>
    <name>RecalibrationSection</name>
    <message>
        <source>Gaze correction</source>
        <translation>Blickkorrektur</translation>
    </message>
    <message>
        <source>Correct by the images …</source>
        <translation>Anhand der Bilder korrigieren …</translation>
    </message>
    <message>
        <source>Applied, it holds wherever the session is read: fixations, exports, reports, enrolment, training. What was recorded stays, and it can be taken back.</source>
        <translation>Angewendet gilt sie überall, wo die Sitzung gelesen wird: Fixationen, Exporte, Berichte, Kennenlernen, Training. Das Aufgezeichnete bleibt, und sie lässt sich zurücknehmen.</translation>
    </message>
</context>
<context>
    <name>RenameDialog</name>
    <message>
        <source>Rename {0}</source>
        <translation>{0} umbenennen</translation>
    </message>
    <message>
        <source>Nothing is recorded of {0} yet. From the first session on the pseudonym stays as it is.</source>
        <translation>Von {0} ist noch nichts aufgezeichnet. Ab der ersten Sitzung bleibt das Pseudonym, wie es ist.</translation>
    </message>
    <message>
        <source>Pseudonym</source>
        <translation>Pseudonym</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
</context>
<context>
    <name>ReplayBar</name>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>raw gaze</source>
        <translation>Rohblick</translation>
    </message>
    <message>
        <source>Each eye as the tracker delivered it, before any correction</source>
        <translation>Jedes Auge, wie der Tracker es lieferte, vor jeder Korrektur</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>ResultsPage</name>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Gaze</source>
        <translation>Blick</translation>
    </message>
    <message>
        <source>Gain of the personal map</source>
        <translation>Gewinn der persönlichen Karte</translation>
    </message>
    <message>
        <source>Mean over images</source>
        <translation>Mittel über die Bilder</translation>
    </message>
    <message>
        <source>universal</source>
        <translation>universell</translation>
    </message>
    <message>
        <source>personal</source>
        <translation>persönlich</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>How to read this</source>
        <translation>Wie das zu lesen ist</translation>
    </message>
    <message>
        <source>CC compares a map with this person&apos;s own blurred fixations, NSS looks at the map just where they fixated; more is better. The personal map of an image was predicted before its gaze was learnt.</source>
        <translation>CC vergleicht eine Karte mit den geglätteten eigenen Fixationen dieser Person, NSS betrachtet die Karte genau dort, wo sie fixierte; mehr ist besser. Die persönliche Karte eines Bildes wurde vorhergesagt, bevor dessen Blickdaten gelernt wurden.</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>Images viewed</source>
        <translation>Betrachtete Bilder</translation>
    </message>
    <message>
        <source>Fixations per image</source>
        <translation>Fixationen je Bild</translation>
    </message>
    <message>
        <source>No image was viewed yet</source>
        <translation>Noch kein Bild wurde betrachtet</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>Onset delay</source>
        <translation>Einblendverzögerung</translation>
    </message>
    <message>
        <source>Images since it was resumed</source>
        <translation>Bilder seit der Fortsetzung</translation>
    </message>
    <message>
        <source>image {0} of {1}</source>
        <translation>Bild {0} von {1}</translation>
    </message>
    <message>
        <source>{0} CC</source>
        <translation>{0} CC</translation>
    </message>
    <message>
        <source>CC over the universal map, for {0} image</source>
        <translation>CC über der universellen Karte, für {0} Bild</translation>
    </message>
    <message>
        <source>CC over the universal map, mean of {0} images</source>
        <translation>CC gegenüber der universellen Karte, Mittel aus {0} Bildern</translation>
    </message>
    <message>
        <source>No score for a simulated observer</source>
        <translation>Keine Bewertung für einen simulierten Beobachter</translation>
    </message>
    <message>
        <source>Available after the first personal map</source>
        <translation>Verfügbar nach der ersten persönlichen Karte</translation>
    </message>
    <message>
        <source>this participant</source>
        <translation>diese Versuchsperson</translation>
    </message>
    <message>
        <source>Nothing was recorded yet.</source>
        <translation>Noch wurde nichts aufgezeichnet.</translation>
    </message>
    <message>
        <source>Results appear with the first image.</source>
        <translation>Ergebnisse erscheinen mit dem ersten Bild.</translation>
    </message>
    <message>
        <source>A simulated observer: an illustration, not a person.</source>
        <translation>Ein simulierter Beobachter: eine Veranschaulichung, keine Person.</translation>
    </message>
    <message>
        <source>The maps show what the program does. No score is given for a program&apos;s gaze.</source>
        <translation>Die Karten zeigen, was das Programm tut. Der Blick eines Programms wird nicht bewertet.</translation>
    </message>
    <message>
        <source>Gaze and fixations are kept: gazeapp enrol and predict can make the maps later.</source>
        <translation>Blickdaten und Fixationen bleiben erhalten: gazeapp enrol und predict können die Karten später berechnen.</translation>
    </message>
    <message>
        <source>There is no personal map yet: too few images were learnt from.</source>
        <translation>Noch gibt es keine persönliche Karte: Es wurde aus zu wenigen Bildern gelernt.</translation>
    </message>
    <message>
        <source>Everything recorded is kept.</source>
        <translation>Alles Aufgezeichnete bleibt erhalten.</translation>
    </message>
    <message>
        <source>The maps are still being computed …</source>
        <translation>Die Karten werden noch berechnet …</translation>
    </message>
    <message>
        <source>The personal map predicted {1}&apos;s gaze better on {2} of {0} image.</source>
        <translation>Die persönliche Karte sagte den Blick von {1} auf {2} von {0} Bild besser vorher.</translation>
    </message>
    <message>
        <source>The personal map predicted {1}&apos;s gaze better on {2} of {0} images.</source>
        <translation>Die persönliche Karte sagte den Blick von {1} auf {2} von {0} Bildern besser vorher.</translation>
    </message>
    <message>
        <source>The embedding was not learnt from them.</source>
        <translation>Das Embedding wurde nicht aus ihnen gelernt.</translation>
    </message>
    <message>
        <source>That is too few to conclude anything.</source>
        <translation>Das ist zu wenig, um etwas daraus zu schließen.</translation>
    </message>
    <message>
        <source>P and N show the previous and next image, ⏎ exports.</source>
        <translation>P und N zeigen das vorige und das nächste Bild, ⏎ exportiert.</translation>
    </message>
</context>
<context>
    <name>ScreenMap</name>
    <message>
        <source>participant</source>
        <translation>Versuchsperson</translation>
    </message>
    <message>
        <source>you</source>
        <translation>Sie</translation>
    </message>
    <message>
        <source>participant and you</source>
        <translation>Versuchsperson und Sie</translation>
    </message>
</context>
<context>
    <name>ScreensPage</name>
    <message>
        <source>Screens</source>
        <translation>Bildschirme</translation>
    </message>
    <message>
        <source>Visible width</source>
        <translation>Sichtbare Breite</translation>
    </message>
    <message>
        <source>Visible height</source>
        <translation>Sichtbare Höhe</translation>
    </message>
    <message>
        <source>Eye to screen</source>
        <translation>Auge bis Bildschirm</translation>
    </message>
    <message>
        <source>Geometry</source>
        <translation>Geometrie</translation>
    </message>
    <message>
        <source>Why it matters</source>
        <translation>Warum das wichtig ist</translation>
    </message>
    <message>
        <source>Accuracy, fixations and maps are all in degrees of visual angle. Measure the lit area with a ruler and the distance to the eye with a tape: ten percent off here is ten percent off everywhere.</source>
        <translation>Genauigkeit, Fixationen und Karten sind in Grad Sehwinkel. Messen Sie die leuchtende Fläche mit einem Lineal und den Abstand zum Auge mit einem Maßband: Zehn Prozent Fehler hier sind zehn Prozent überall.</translation>
    </message>
    <message>
        <source>Identify screens</source>
        <translation>Bildschirme identifizieren</translation>
    </message>
    <message>
        <source>Use these screens</source>
        <translation>Bildschirme verwenden</translation>
    </message>
    <message>
        <source>Pixels per degree</source>
        <translation>Pixel je Grad</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>Refresh rate</source>
        <translation>Bildwiederholrate</translation>
    </message>
    <message>
        <source>Scaling</source>
        <translation>Skalierung</translation>
    </message>
    <message>
        <source>Use this screen</source>
        <translation>Bildschirm verwenden</translation>
    </message>
    <message>
        <source>{0} is being recorded on this screen.</source>
        <translation>{0} wird an diesem Bildschirm aufgezeichnet.</translation>
    </message>
    <message>
        <source>{0} is being recorded on these screens.</source>
        <translation>{0} wird an diesen Bildschirmen aufgezeichnet.</translation>
    </message>
    <message>
        <source>Size and distance can be changed when the session is over.</source>
        <translation>Größe und Abstand können geändert werden, sobald die Sitzung beendet ist.</translation>
    </message>
    <message>
        <source>They can be changed when the session is over.</source>
        <translation>Sie können geändert werden, sobald die Sitzung beendet ist.</translation>
    </message>
    <message>
        <source>Preparing the session …</source>
        <translation>Sitzung wird vorbereitet …</translation>
    </message>
    <message>
        <source>The tracker is opened and the images are read.</source>
        <translation>Der Eyetracker wird geöffnet, und die Bilder werden gelesen.</translation>
    </message>
    <message>
        <source>Correct it, then press ⏎ to try again.</source>
        <translation>Beheben Sie das, und drücken Sie ⏎, um es erneut zu versuchen.</translation>
    </message>
    <message>
        <source>No screen is known yet.</source>
        <translation>Noch ist kein Bildschirm bekannt.</translation>
    </message>
    <message>
        <source>Choose the participant&apos;s screen, then press ⏎.</source>
        <translation>Wählen Sie den Bildschirm der Versuchsperson, und drücken Sie dann ⏎.</translation>
    </message>
    <message>
        <source>This screen does not tell its size.</source>
        <translation>Dieser Bildschirm meldet seine Größe nicht.</translation>
    </message>
    <message>
        <source>Measure the lit area with a ruler and type it in.</source>
        <translation>Messen Sie die leuchtende Fläche mit einem Lineal, und geben Sie die Maße ein.</translation>
    </message>
    <message>
        <source>Participant and experimenter share this screen.</source>
        <translation>Versuchsperson und Versuchsleitung teilen sich diesen Bildschirm.</translation>
    </message>
    <message>
        <source>The images cover it while the participant looks; Esc brings this window back.</source>
        <translation>Die Bilder füllen ihn, solange die Versuchsperson sie betrachtet; Esc bringt dieses Fenster zurück.</translation>
    </message>
    <message>
        <source>The participant looks at screen {0}.</source>
        <translation>Die Versuchsperson blickt auf Bildschirm {0}.</translation>
    </message>
    <message>
        <source>Press I to see the numbers on the screens, ⏎ to go on.</source>
        <translation>I zeigt die Nummern auf den Bildschirmen, mit ⏎ geht es weiter.</translation>
    </message>
</context>
<context>
    <name>SessionBuilder</name>
    <message>
        <source>The session was recorded on a screen of {0}×{1} pixels; choose that one to continue it.</source>
        <translation>Die Sitzung wurde auf einem Bildschirm mit {0}×{1} Pixeln aufgezeichnet; wählen Sie diesen, um sie fortzusetzen.</translation>
    </message>
</context>
<context>
    <name>SessionFacts</name>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Fixations …</source>
        <translation>Fixationen …</translation>
    </message>
    <message>
        <source>Left out …</source>
        <translation>Ausschlüsse …</translation>
    </message>
    <message>
        <source>Participant</source>
        <translation>Versuchsperson</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>Images viewed</source>
        <translation>Betrachtete Bilder</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>Genauigkeit</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Experimenter</source>
        <translation>Versuchsleitung</translation>
    </message>
    <message>
        <source>A simulated observer: an illustration, not a person. Nothing is scored.</source>
        <translation>Ein simulierter Beobachter: eine Veranschaulichung, keine Person. Nichts wird bewertet.</translation>
    </message>
    <message>
        <source>Fixations found anew: {0}</source>
        <translation>Fixationen neu bestimmt: {0}</translation>
    </message>
    <message>
        <source>Fixations as recorded</source>
        <translation>Fixationen wie aufgezeichnet</translation>
    </message>
    <message>
        <source>The personal map predicted gaze better on {1} of {0} image.</source>
        <translation>Die persönliche Karte sagte den Blick auf {1} von {0} Bild besser voraus.</translation>
    </message>
    <message>
        <source>The personal map predicted gaze better on {1} of {0} images.</source>
        <translation>Die persönliche Karte sagte den Blick auf {1} von {0} Bildern besser voraus.</translation>
    </message>
    <message>
        <source>Gain {0} CC on average, 95 % interval {1} to {2}.</source>
        <translation>Gewinn im Mittel {0} CC, 95-%-Intervall {1} bis {2}.</translation>
    </message>
    <message>
        <source>That may be chance.</source>
        <translation>Das kann Zufall sein.</translation>
    </message>
</context>
<context>
    <name>SessionFrame</name>
    <message>
        <source>Participant sees</source>
        <translation>Person sieht</translation>
    </message>
    <message>
        <source>loss {0}</source>
        <translation>Verlust {0}</translation>
    </message>
    <message>
        <source>Paused {0}</source>
        <translation>Angehalten {0}</translation>
    </message>
    <message>
        <source>Stored</source>
        <translation>Gespeichert</translation>
    </message>
    <message>
        <source>Storing …</source>
        <translation>Wird gespeichert …</translation>
    </message>
    <message>
        <source>Recording {0}</source>
        <translation>Aufnahme {0}</translation>
    </message>
    <message>
        <source>{0} point</source>
        <translation>{0} Pkt.</translation>
    </message>
    <message>
        <source>{0} points</source>
        <translation>{0} Pkt.</translation>
    </message>
    <message>
        <source>no gaze</source>
        <translation>kein Blick</translation>
    </message>
    <message>
        <source>Failed · stored</source>
        <translation>Fehler · gespeichert</translation>
    </message>
    <message>
        <source>Failed · storing …</source>
        <translation>Fehler · wird gespeichert …</translation>
    </message>
    <message>
        <source>accuracy {0}</source>
        <translation>Genauigkeit {0}</translation>
    </message>
    <message>
        <source>Screen {0}</source>
        <translation>Bildschirm {0}</translation>
    </message>
    <message>
        <source>target</source>
        <translation>Zielpunkt</translation>
    </message>
    <message>
        <source>cross</source>
        <translation>Kreuz</translation>
    </message>
    <message>
        <source>cross, waiting</source>
        <translation>Kreuz, wartend</translation>
    </message>
    <message>
        <source>image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>blank</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>break</source>
        <translation>Pause</translation>
    </message>
    <message>
        <source>instruction</source>
        <translation>Anweisung</translation>
    </message>
    <message>
        <source>drift target</source>
        <translation>Drift-Zielpunkt</translation>
    </message>
    <message>
        <source>tracker computes</source>
        <translation>Eyetracker rechnet</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>{0}, {1} left</source>
        <translation>{0}, noch {1}</translation>
    </message>
    <message>
        <source>no overlay shown</source>
        <translation>ohne Overlay</translation>
    </message>
</context>
<context>
    <name>SessionImages</name>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Order of the images</source>
        <translation>Reihenfolge der Bilder</translation>
    </message>
    <message>
        <source>in order of time</source>
        <translation>nach der Zeit</translation>
    </message>
    <message>
        <source>by personal gain</source>
        <translation>nach persönlichem Gewinn</translation>
    </message>
    <message>
        <source>by data loss</source>
        <translation>nach Datenverlust</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>the whole recording</source>
        <translation>die ganze Aufzeichnung</translation>
    </message>
    <message>
        <source>excluded: {0}</source>
        <translation>ausgeschlossen: {0}</translation>
    </message>
</context>
<context>
    <name>SessionQuestions</name>
    <message>
        <source>{0} is being recorded.</source>
        <translation>{0} wird gerade aufgezeichnet.</translation>
    </message>
    <message>
        <source>The session of {0} begins when that of {1} has ended.</source>
        <translation>Die Sitzung von {0} beginnt, wenn die von {1} beendet ist.</translation>
    </message>
    <message>
        <source>Go on with {0}</source>
        <translation>Mit {0} weitermachen</translation>
    </message>
    <message>
        <source>Continue {0} later</source>
        <translation>{0} später fortsetzen</translation>
    </message>
    <message>
        <source>End the session of {0}?</source>
        <translation>Sitzung von {0} beenden?</translation>
    </message>
    <message>
        <source>{1} of {0} image was viewed, and is kept.</source>
        <translation>{1} von {0} Bild wurde betrachtet und bleibt erhalten.</translation>
    </message>
    <message>
        <source>{1} of {0} images were viewed, and are kept.</source>
        <translation>{1} von {0} Bildern wurden betrachtet und bleiben erhalten.</translation>
    </message>
    <message>
        <source>Continued later, the session goes on at the next image; ended here, it stays incomplete.</source>
        <translation>Später fortgesetzt, geht die Sitzung beim nächsten Bild weiter; hier beendet, bleibt sie unvollständig.</translation>
    </message>
    <message>
        <source>Go on recording</source>
        <translation>Weiter aufzeichnen</translation>
    </message>
    <message>
        <source>Continue later</source>
        <translation>Später fortsetzen</translation>
    </message>
    <message>
        <source>End it here</source>
        <translation>Hier beenden</translation>
    </message>
    <message>
        <source>Closing the window stops the session. It can be continued at the next image another time.</source>
        <translation>Wird das Fenster geschlossen, hält die Sitzung an. Sie kann ein andermal beim nächsten Bild fortgesetzt werden.</translation>
    </message>
    <message>
        <source>Continue later, and close</source>
        <translation>Später fortsetzen und schließen</translation>
    </message>
    <message>
        <source>Save the changes of the plans?</source>
        <translation>Die Änderungen der Pläne speichern?</translation>
    </message>
    <message>
        <source>Changed and not saved: {0}.</source>
        <translation>Geändert und nicht gespeichert: {0}.</translation>
    </message>
    <message>
        <source>Save and close</source>
        <translation>Speichern und schließen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Close without saving</source>
        <translation>Schließen, ohne zu speichern</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>loss {0}</source>
        <translation>Verlust {0}</translation>
    </message>
    <message>
        <source>latency {0}</source>
        <translation>Latenz {0}</translation>
    </message>
    <message>
        <source>saved {0} ago</source>
        <translation>gespeichert vor {0}</translation>
    </message>
</context>
<context>
    <name>StepBar</name>
    <message>
        <source>Preview</source>
        <translation>Vorschau</translation>
    </message>
    <message>
        <source>Add step …</source>
        <translation>Schritt dazu …</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Step earlier</source>
        <translation>Schritt früher</translation>
    </message>
    <message>
        <source>Step later</source>
        <translation>Schritt später</translation>
    </message>
    <message>
        <source>Remove step</source>
        <translation>Schritt entfernen</translation>
    </message>
    <message>
        <source>On the participant&apos;s screen; stores nothing.</source>
        <translation>Auf dem Bildschirm der Versuchsperson; speichert nichts.</translation>
    </message>
    <message>
        <source>Share the plan&apos;s</source>
        <translation>Die des Plans</translation>
    </message>
    <message>
        <source>Images of its own</source>
        <translation>Eigene Bilder</translation>
    </message>
</context>
<context>
    <name>StepForm</name>
    <message>
        <source>This step</source>
        <translation>Dieser Schritt</translation>
    </message>
    <message>
        <source>for this step alone</source>
        <translation>nur für diesen Schritt</translation>
    </message>
    <message>
        <source>The whole plan</source>
        <translation>Der ganze Plan</translation>
    </message>
    <message>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <source>shown for</source>
        <translation>gezeigt für</translation>
    </message>
    <message>
        <source>cross before it</source>
        <translation>Kreuz davor</translation>
    </message>
    <message>
        <source>wait for gaze on the cross</source>
        <translation>auf Blick zum Kreuz warten</translation>
    </message>
    <message>
        <source>blank after it</source>
        <translation>leer danach</translation>
    </message>
    <message>
        <source>fit</source>
        <translation>eingepasst</translation>
    </message>
    <message>
        <source>native</source>
        <translation>Originalgröße</translation>
    </message>
    <message>
        <source>degrees</source>
        <translation>Grad</translation>
    </message>
    <message>
        <source>size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>wide</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>mid grey</source>
        <translation>Mittelgrau</translation>
    </message>
    <message>
        <source>black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>white</source>
        <translation>Weiß</translation>
    </message>
    <message>
        <source>dark grey</source>
        <translation>Dunkelgrau</translation>
    </message>
    <message>
        <source>background</source>
        <translation>Hintergrund</translation>
    </message>
    <message>
        <source>random</source>
        <translation>zufällig</translation>
    </message>
    <message>
        <source>as listed</source>
        <translation>wie aufgeführt</translation>
    </message>
    <message>
        <source>latin square</source>
        <translation>lateinisches Quadrat</translation>
    </message>
    <message>
        <source>adaptive</source>
        <translation>adaptiv</translation>
    </message>
    <message>
        <source>order</source>
        <translation>Reihenfolge</translation>
    </message>
    <message>
        <source>times</source>
        <translation>Anzahl</translation>
    </message>
    <message>
        <source>freely</source>
        <translation>frei</translation>
    </message>
    <message>
        <source>through a window</source>
        <translation>durch ein Fenster</translation>
    </message>
    <message>
        <source>looked at</source>
        <translation>betrachtet</translation>
    </message>
    <message>
        <source>stop when enough is known</source>
        <translation>enden, wenn genug bekannt ist</translation>
    </message>
    <message>
        <source>at most</source>
        <translation>höchstens</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>as the plan</source>
        <translation>wie der Plan</translation>
    </message>
    <message>
        <source>targets</source>
        <translation>Zielpunkte</translation>
    </message>
    <message>
        <source>stays</source>
        <translation>bleibt</translation>
    </message>
    <message>
        <source>until somebody goes on</source>
        <translation>bis jemand weitergeht</translation>
    </message>
    <message>
        <source>images at most</source>
        <translation>Bilder höchstens</translation>
    </message>
    <message>
        <source>of them to enrol</source>
        <translation>davon einlernen</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>break after</source>
        <translation>Pause nach</translation>
    </message>
    <message>
        <source>break for</source>
        <translation>Pause für</translation>
    </message>
    <message>
        <source>calibrate after each break</source>
        <translation>nach jeder Pause kalibrieren</translation>
    </message>
    <message>
        <source>drift check every</source>
        <translation>Driftprüfung alle</translation>
    </message>
    <message>
        <source>never</source>
        <translation>nie</translation>
    </message>
    <message>
        <source>sittings a person</source>
        <translation>Termine je Person</translation>
    </message>
    <message>
        <source>days between, at least</source>
        <translation>Tage dazwischen</translation>
    </message>
    <message>
        <source>participants see the overlay</source>
        <translation>Overlay für Versuchspersonen</translation>
    </message>
    <message>
        <source>seed of every draw</source>
        <translation>Startwert</translation>
    </message>
</context>
<context>
    <name>StudyMenu</name>
    <message>
        <source>New study …</source>
        <translation>Neue Studie …</translation>
    </message>
    <message>
        <source>Open a study …</source>
        <translation>Studie öffnen …</translation>
    </message>
    <message>
        <source>Recent studies</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Read it again  F5</source>
        <translation>Erneut lesen  F5</translation>
    </message>
    <message>
        <source>Import gaze …</source>
        <translation>Blickdaten importieren …</translation>
    </message>
    <message>
        <source>Consent texts …</source>
        <translation>Einwilligungstexte …</translation>
    </message>
    <message>
        <source>Study variables …</source>
        <translation>Variablen der Studie …</translation>
    </message>
    <message>
        <source>Experimenter&apos;s initials …</source>
        <translation>Kürzel der Versuchsleitung …</translation>
    </message>
    <message>
        <source>Back up …</source>
        <translation>Sichern …</translation>
    </message>
    <message>
        <source>Copy …</source>
        <translation>Kopieren …</translation>
    </message>
    <message>
        <source>Move …</source>
        <translation>Verschieben …</translation>
    </message>
    <message>
        <source>Merge another study into this one …</source>
        <translation>Andere Studie in diese übernehmen …</translation>
    </message>
    <message>
        <source>Encrypt …</source>
        <translation>Verschlüsseln …</translation>
    </message>
    <message>
        <source>Give the passphrase …</source>
        <translation>Passphrase eingeben …</translation>
    </message>
    <message>
        <source>Change the passphrase …</source>
        <translation>Passphrase ändern …</translation>
    </message>
    <message>
        <source>Decrypt …</source>
        <translation>Entschlüsseln …</translation>
    </message>
    <message>
        <source>Open without the passphrase on this computer</source>
        <translation>Auf diesem Computer ohne Passphrase öffnen</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>The passphrase was changed.</source>
        <translation>Die Passphrase wurde geändert.</translation>
    </message>
    <message>
        <source>Decrypt the study?</source>
        <translation>Die Studie entschlüsseln?</translation>
    </message>
    <message>
        <source>Everybody who can open its folder can read it then; its key is destroyed.</source>
        <translation>Dann kann sie jeder lesen, der ihren Ordner öffnen kann; ihr Schlüssel wird vernichtet.</translation>
    </message>
    <message>
        <source>Keep it encrypted</source>
        <translation>Verschlüsselt lassen</translation>
    </message>
    <message>
        <source>Decrypt</source>
        <translation>Entschlüsseln</translation>
    </message>
    <message>
        <source>new-study</source>
        <translation>neue-studie</translation>
    </message>
    <message>
        <source>New study: name its folder</source>
        <translation>Neue Studie: Ordner benennen</translation>
    </message>
    <message>
        <source>Open a study</source>
        <translation>Studie öffnen</translation>
    </message>
    <message>
        <source>Experimenter&apos;s initials</source>
        <translation>Kürzel der Versuchsleitung</translation>
    </message>
    <message>
        <source>Noted with every session and consent, such as AB:</source>
        <translation>Wird bei jeder Sitzung und Einwilligung vermerkt, zum Beispiel AB:</translation>
    </message>
    <message>
        <source>Folder for backups</source>
        <translation>Ordner für Sicherungen</translation>
    </message>
    <message>
        <source>Copy the study: name the new folder</source>
        <translation>Studie kopieren: neuen Ordner benennen</translation>
    </message>
    <message>
        <source>Move the study: name the new folder</source>
        <translation>Studie verschieben: neuen Ordner benennen</translation>
    </message>
    <message>
        <source>The study was copied to {0}.</source>
        <translation>Die Studie wurde nach {0} kopiert.</translation>
    </message>
    <message>
        <source>Study to take in</source>
        <translation>Zu übernehmende Studie</translation>
    </message>
    <message>
        <source>The study was taken in.</source>
        <translation>Die Studie wurde übernommen.</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>{0} is in both studies.</source>
        <translation>{0} gibt es in beiden Studien.</translation>
    </message>
    <message>
        <source>Is it the same person, or do two people share the pseudonym by chance?</source>
        <translation>Ist es dieselbe Person, oder haben zwei Personen zufällig dasselbe Pseudonym?</translation>
    </message>
    <message>
        <source>Take nothing in</source>
        <translation>Nichts übernehmen</translation>
    </message>
    <message>
        <source>Another person: call them {0}</source>
        <translation>Andere Person: {0} nennen</translation>
    </message>
    <message>
        <source>The same person</source>
        <translation>Dieselbe Person</translation>
    </message>
</context>
<context>
    <name>StudyModel</name>
    <message>
        <source>The study is open in another window: {0}</source>
        <translation>Die Studie ist in einem anderen Fenster geöffnet: {0}</translation>
    </message>
    <message>
        <source>{0} is in the study already.</source>
        <translation>{0} ist schon in der Studie.</translation>
    </message>
    <message>
        <source>{0} is in the study already; another must differ in more than upper and lower case.</source>
        <translation>{0} ist schon in der Studie; ein anderes Pseudonym muss sich durch mehr als Groß- und Kleinschreibung unterscheiden.</translation>
    </message>
    <message>
        <source>The text was changed while it was read; let {0} read it again.</source>
        <translation>Der Text wurde geändert, während er gelesen wurde; lassen Sie {0} ihn noch einmal lesen.</translation>
    </message>
    <message>
        <source>{0} embedding was computed again.</source>
        <translation>{0} Embedding wurde neu berechnet.</translation>
    </message>
    <message>
        <source>{0} embeddings were computed again.</source>
        <translation>{0} Embeddings wurden neu berechnet.</translation>
    </message>
    <message>
        <source>As before: {0}</source>
        <translation>Wie bisher: {0}</translation>
    </message>
    <message>
        <source>The study is encrypted.</source>
        <translation>Die Studie ist verschlüsselt.</translation>
    </message>
    <message>
        <source>The study is not encrypted any more.</source>
        <translation>Die Studie ist nicht mehr verschlüsselt.</translation>
    </message>
    <message>
        <source>This computer opens the study without the passphrase from now on.</source>
        <translation>Dieser Computer öffnet die Studie von nun an ohne Passphrase.</translation>
    </message>
    <message>
        <source>The passphrase is asked for again on this computer.</source>
        <translation>Auf diesem Computer wird wieder nach der Passphrase gefragt.</translation>
    </message>
    <message>
        <source>Interrupted sessions stay plain until they are resumed: {0}</source>
        <translation>Unterbrochene Sitzungen bleiben unverschlüsselt, bis sie fortgesetzt werden: {0}</translation>
    </message>
</context>
<context>
    <name>TableColumnsDialog</name>
    <message>
        <source>What the columns hold</source>
        <translation>Was die Spalten enthalten</translation>
    </message>
    <message>
        <source>As you said for a table with the same columns.</source>
        <translation>Wie Sie es für eine Tabelle mit denselben Spalten gesagt haben.</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
    <message>
        <source>milliseconds</source>
        <translation>Millisekunden</translation>
    </message>
    <message>
        <source>microseconds</source>
        <translation>Mikrosekunden</translation>
    </message>
    <message>
        <source>nanoseconds</source>
        <translation>Nanosekunden</translation>
    </message>
    <message>
        <source>ticks of Windows</source>
        <translation>Ticks von Windows</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>Einheit</translation>
    </message>
    <message>
        <source>Origin</source>
        <translation>Ursprung</translation>
    </message>
    <message>
        <source>Unit of time</source>
        <translation>Zeiteinheit</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>As the table says</source>
        <translation>Wie die Tabelle es sagt</translation>
    </message>
    <message>
        <source>Use these columns</source>
        <translation>Diese Spalten verwenden</translation>
    </message>
    <message>
        <source>First rows of the table</source>
        <translation>Erste Zeilen der Tabelle</translation>
    </message>
    <message>
        <source>holds</source>
        <translation>enthält</translation>
    </message>
    <message>
        <source>What {0} holds</source>
        <translation>Was {0} enthält</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>nichts</translation>
    </message>
    <message>
        <source>validity</source>
        <translation>Gültigkeit</translation>
    </message>
    <message>
        <source>confidence</source>
        <translation>Zuverlässigkeit</translation>
    </message>
    <message>
        <source>blink</source>
        <translation>Lidschlag</translation>
    </message>
    <message>
        <source>pupil</source>
        <translation>Pupille</translation>
    </message>
    <message>
        <source>left {0}</source>
        <translation>{0} links</translation>
    </message>
    <message>
        <source>right {0}</source>
        <translation>{0} rechts</translation>
    </message>
    <message>
        <source>time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>{0} of the first {1} rows have gaze, at {2} Hz.</source>
        <translation>{0} der ersten {1} Zeilen enthalten Blickdaten, mit {2} Hz.</translation>
    </message>
</context>
<context>
    <name>TargetPage</name>
    <message>
        <source>The targets appear here while the participant looks at them</source>
        <translation>Die Zielpunkte erscheinen hier, während die Versuchsperson sie ansieht</translation>
    </message>
    <message>
        <source>left eye</source>
        <translation>linkes Auge</translation>
    </message>
    <message>
        <source>right eye</source>
        <translation>rechtes Auge</translation>
    </message>
    <message>
        <source>gaze</source>
        <translation>Blick</translation>
    </message>
    <message>
        <source>1° around the target</source>
        <translation>1° um den Zielpunkt</translation>
    </message>
    <message>
        <source>Calibrations kept</source>
        <translation>Behaltene Kalibrierungen</translation>
    </message>
    <message>
        <source>Skip point</source>
        <translation>Punkt auslassen</translation>
    </message>
    <message>
        <source>Redo point</source>
        <translation>Punkt wiederholen</translation>
    </message>
    <message>
        <source>Calibrate again</source>
        <translation>Neu kalibrieren</translation>
    </message>
    <message>
        <source>Validate again</source>
        <translation>Neu validieren</translation>
    </message>
    <message>
        <source>Use anyway</source>
        <translation>Trotzdem verwenden</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Redo point {0}</source>
        <translation>Punkt {0} wiederholen</translation>
    </message>
    <message>
        <source>Skip point {0}</source>
        <translation>Punkt {0} auslassen</translation>
    </message>
    <message>
        <source>Take this point</source>
        <translation>Punkt aufnehmen</translation>
    </message>
    <message>
        <source>⏎ takes the point while the participant looks at it.</source>
        <translation>⏎ nimmt den Punkt auf, während die Versuchsperson ihn ansieht.</translation>
    </message>
    <message>
        <source>These points were not calibrated: they show the true error.</source>
        <translation>Diese Punkte wurden nicht kalibriert und zeigen daher den wahren Fehler.</translation>
    </message>
    <message>
        <source>The participant looks at each target until it is small.</source>
        <translation>Die Versuchsperson sieht jeden Zielpunkt an, bis er klein ist.</translation>
    </message>
    <message>
        <source>no correction</source>
        <translation>ohne Korrektur</translation>
    </message>
    <message>
        <source>Point {0} of {1}</source>
        <translation>Punkt {0} von {1}</translation>
    </message>
    <message>
        <source>Space resumes.</source>
        <translation>Die Leertaste setzt fort.</translation>
    </message>
    <message>
        <source>{1} · {0} point</source>
        <translation>{1} · {0} Punkt</translation>
    </message>
    <message>
        <source>{1} · {0} points</source>
        <translation>{1} · {0} Punkte</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>shift</source>
        <translation>Verschiebung</translation>
    </message>
    <message>
        <source>affine</source>
        <translation>affin</translation>
    </message>
    <message>
        <source>2nd order</source>
        <translation>2. Ordnung</translation>
    </message>
    <message>
        <source>the tracker&apos;s own</source>
        <translation>die des Eyetrackers</translation>
    </message>
    <message>
        <source>{0} · in use</source>
        <translation>{0} · in Gebrauch</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>top</source>
        <translation>oben</translation>
    </message>
    <message>
        <source>bottom</source>
        <translation>unten</translation>
    </message>
    <message>
        <source>centre</source>
        <translation>Mitte</translation>
    </message>
</context>
<context>
    <name>TimeLine</name>
    <message>
        <source>fixation of {0}</source>
        <translation>Fixation von {0}</translation>
    </message>
    <message>
        <source>blink of {0}</source>
        <translation>Blinzeln von {0}</translation>
    </message>
    <message>
        <source>no gaze for {0}</source>
        <translation>kein Blick für {0}</translation>
    </message>
</context>
<context>
    <name>TopBar</name>
    <message>
        <source>Study</source>
        <translation>Studie</translation>
    </message>
    <message>
        <source>{0}, recording</source>
        <translation>{0}, Aufzeichnung läuft</translation>
    </message>
</context>
<context>
    <name>TrackerPage</name>
    <message>
        <source>Tracker</source>
        <translation>Eyetracker</translation>
    </message>
    <message>
        <source>both eyes</source>
        <translation>beide Augen</translation>
    </message>
    <message>
        <source>left eye</source>
        <translation>linkes Auge</translation>
    </message>
    <message>
        <source>right eye</source>
        <translation>rechtes Auge</translation>
    </message>
    <message>
        <source>one gaze point</source>
        <translation>ein Blickpunkt</translation>
    </message>
    <message>
        <source>Ready to use</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Not available here</source>
        <translation>Hier nicht verfügbar</translation>
    </message>
    <message>
        <source>Chosen tracker</source>
        <translation>Gewählter Eyetracker</translation>
    </message>
    <message>
        <source>Eyes in view</source>
        <translation>Augen im Sichtfeld</translation>
    </message>
    <message>
        <source>This tracker does not tell where the eyes are</source>
        <translation>Dieser Eyetracker meldet nicht, wo die Augen sind</translation>
    </message>
    <message>
        <source>Without a tracker</source>
        <translation>Ohne Eyetracker</translation>
    </message>
    <message>
        <source>The mouse is treated as a tracker: it is calibrated, recorded and learnt from. The simulated observer looks at the images by itself and shows what a session is like. Neither says anything about people.</source>
        <translation>Die Maus wird wie ein Eyetracker behandelt: Sie wird kalibriert und aufgezeichnet, und es wird aus ihr gelernt. Der simulierte Beobachter betrachtet die Bilder von selbst und zeigt, wie eine Sitzung abläuft. Keiner von beiden sagt etwas über Menschen aus.</translation>
    </message>
    <message>
        <source>Search again</source>
        <translation>Erneut suchen</translation>
    </message>
    <message>
        <source>Use this tracker</source>
        <translation>Eyetracker verwenden</translation>
    </message>
    <message>
        <source>Simulated observer</source>
        <translation>Simulierter Beobachter</translation>
    </message>
    <message>
        <source>Simulated gaze: saliency, preferences, noise, blinks</source>
        <translation>Simulierter Blick: Salienz, Vorlieben, Rauschen, Lidschläge</translation>
    </message>
    <message>
        <source>Mouse as gaze</source>
        <translation>Maus als Blick</translation>
    </message>
    <message>
        <source>For trying things out; calibrated like a tracker</source>
        <translation>Zum Ausprobieren; wird wie ein Eyetracker kalibriert</translation>
    </message>
    <message>
        <source>Chosen on the command line</source>
        <translation>Auf der Befehlszeile gewählt</translation>
    </message>
    <message>
        <source>{0} is being recorded with this tracker.</source>
        <translation>{0} wird mit diesem Eyetracker aufgezeichnet.</translation>
    </message>
    <message>
        <source>Another one can be chosen when the session is over.</source>
        <translation>Ein anderer kann gewählt werden, sobald die Sitzung beendet ist.</translation>
    </message>
    <message>
        <source>Press R to search again.</source>
        <translation>R sucht erneut.</translation>
    </message>
    <message>
        <source>Searching for trackers …</source>
        <translation>Eyetracker werden gesucht …</translation>
    </message>
    <message>
        <source>What was found before can be used meanwhile.</source>
        <translation>Schon Gefundenes kann inzwischen verwendet werden.</translation>
    </message>
    <message>
        <source>{0} is chosen.</source>
        <translation>{0} ist gewählt.</translation>
    </message>
    <message>
        <source>Press ⏎ to set up the screens.</source>
        <translation>Weiter mit ⏎ zu den Bildschirmen.</translation>
    </message>
    <message>
        <source>Choose the tracker to use.</source>
        <translation>Wählen Sie den Eyetracker.</translation>
    </message>
    <message>
        <source>↑ ↓ move, ⏎ goes on.</source>
        <translation>↑ ↓ wählen, ⏎ geht weiter.</translation>
    </message>
    <message>
        <source>No eye tracker was found.</source>
        <translation>Es wurde kein Eyetracker gefunden.</translation>
    </message>
    <message>
        <source>Connect one and press R, or go on with the mouse or the simulated observer.</source>
        <translation>Schließen Sie einen an und drücken Sie R, oder machen Sie mit der Maus oder dem simulierten Beobachter weiter.</translation>
    </message>
    <message>
        <source>irregular</source>
        <translation>unregelmäßig</translation>
    </message>
    <message>
        <source>not understood</source>
        <translation>nicht verstanden</translation>
    </message>
    <message>
        <source>SDK missing</source>
        <translation>SDK fehlt</translation>
    </message>
    <message>
        <source>library missing</source>
        <translation>Bibliothek fehlt</translation>
    </message>
    <message>
        <source>needs another Python</source>
        <translation>braucht anderes Python</translation>
    </message>
    <message>
        <source>no device</source>
        <translation>kein Gerät</translation>
    </message>
    <message>
        <source>no permission</source>
        <translation>keine Berechtigung</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>not available</source>
        <translation>nicht verfügbar</translation>
    </message>
    <message>
        <source>Gaze now</source>
        <translation>Blick jetzt</translation>
    </message>
    <message>
        <source>Opening the tracker …</source>
        <translation>Eyetracker wird geöffnet …</translation>
    </message>
    <message>
        <source>No gaze: is the participant in front of the tracker?</source>
        <translation>Kein Blick: Sitzt die Versuchsperson vor dem Eyetracker?</translation>
    </message>
    <message>
        <source>Not open</source>
        <translation>Nicht geöffnet</translation>
    </message>
    <message>
        <source>{0} · data loss {1} · look into each corner: the dot must follow</source>
        <translation>{0} · Datenverlust {1} · in jede Ecke blicken: der Punkt muss folgen</translation>
    </message>
    <message>
        <source>Mouse</source>
        <translation>Maus</translation>
    </message>
    <message>
        <source>Simulated</source>
        <translation>Simuliert</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Eyes</source>
        <translation>Augen</translation>
    </message>
    <message>
        <source>Serial</source>
        <translation>Seriennummer</translation>
    </message>
    <message>
        <source>Calibrates</source>
        <translation>Kalibriert</translation>
    </message>
    <message>
        <source>by itself</source>
        <translation>von selbst</translation>
    </message>
    <message>
        <source>in this program</source>
        <translation>in diesem Programm</translation>
    </message>
</context>
<context>
    <name>UniversalModelChoice</name>
    <message>
        <source>The shipped universal network is used: {0}</source>
        <translation>Das mitgelieferte universelle Netz wird verwendet: {0}</translation>
    </message>
</context>
<context>
    <name>UniversalPage</name>
    <message>
        <source>Universal map</source>
        <translation>Universelle Karte</translation>
    </message>
    <message>
        <source>On an image of the plan</source>
        <translation>Auf einem Bild des Plans</translation>
    </message>
    <message>
        <source>Available once the model is loaded</source>
        <translation>Verfügbar, sobald das Modell geladen ist</translation>
    </message>
    <message>
        <source>less</source>
        <translation>weniger</translation>
    </message>
    <message>
        <source>more gaze</source>
        <translation>mehr Blick</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Shipped network</source>
        <translation>Mitgeliefertes Netz</translation>
    </message>
    <message>
        <source>Choose file …</source>
        <translation>Datei wählen …</translation>
    </message>
    <message>
        <source>Apply settings</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Loading {0} …</source>
        <translation>{0} wird geladen …</translation>
    </message>
    <message>
        <source>Its map of an image of the plan follows in a few seconds.</source>
        <translation>Seine Karte eines Bildes des Plans folgt in wenigen Sekunden.</translation>
    </message>
    <message>
        <source>Trying {0} …</source>
        <translation>Wird ausprobiert: {0} …</translation>
    </message>
    <message>
        <source>The model in use stays until this one has predicted an image.</source>
        <translation>Das bisherige Modell bleibt, bis dieses ein Bild vorhergesagt hat.</translation>
    </message>
    <message>
        <source>The model in use stays: {0}.</source>
        <translation>Das bisherige Modell bleibt: {0}.</translation>
    </message>
    <message>
        <source>{0} needs its file.</source>
        <translation>Datei nötig: {0}.</translation>
    </message>
    <message>
        <source>F chooses it: {0}.</source>
        <translation>F wählt sie: {0}.</translation>
    </message>
    <message>
        <source>{0} predicts where people look.</source>
        <translation>{0} sagt vorher, wohin Menschen blicken.</translation>
    </message>
    <message>
        <source>Choose a model.</source>
        <translation>Wählen Sie ein Modell.</translation>
    </message>
    <message>
        <source>needs a file</source>
        <translation>braucht eine Datei</translation>
    </message>
    <message>
        <source>needs a folder</source>
        <translation>braucht einen Ordner</translation>
    </message>
    <message>
        <source>centre bias: {0}</source>
        <translation>Zentrumsbias: {0}</translation>
    </message>
    <message>
        <source>weights by category</source>
        <translation>Gewichte je Kategorie</translation>
    </message>
    <message>
        <source>in use</source>
        <translation>in Gebrauch</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>predicted</source>
        <translation>vorhergesagt</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>nicht verwendet</translation>
    </message>
    <message>
        <source>Category</source>
        <translation>Kategorie</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Centre bias: {0}. Licence: {1}.</source>
        <translation>Zentrumsbias: {0}. Lizenz: {1}.</translation>
    </message>
    <message>
        <source>The session that runs uses it.</source>
        <translation>Die laufende Sitzung verwendet es.</translation>
    </message>
    <message>
        <source>It is used from the next session on.</source>
        <translation>Es wird ab der nächsten Sitzung verwendet.</translation>
    </message>
    <message>
        <source>The session that runs uses {0}; this one is used from the next session on.</source>
        <translation>Die laufende Sitzung verwendet {0}; dieses wird ab der nächsten Sitzung verwendet.</translation>
    </message>
    <message>
        <source>no file chosen</source>
        <translation>keine Datei gewählt</translation>
    </message>
    <message>
        <source>the shipped weights</source>
        <translation>die mitgelieferten Gewichte</translation>
    </message>
    <message>
        <source>Folder of maps</source>
        <translation>Ordner mit Karten</translation>
    </message>
</context>
<context>
    <name>ValidatePage</name>
    <message>
        <source>Validation</source>
        <translation>Validierung</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>limit</source>
        <translation>Grenze</translation>
    </message>
    <message>
        <source>Accuracy at each point, degrees</source>
        <translation>Genauigkeit je Punkt, Grad</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Choose a point in the drawing to see all its figures above.</source>
        <translation>Wählen Sie in der Zeichnung einen Punkt, um oben alle seine Werte zu sehen.</translation>
    </message>
    <message>
        <source>Validations of this session</source>
        <translation>Validierungen dieser Sitzung</translation>
    </message>
    <message>
        <source>accuracy</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>worst</source>
        <translation>max.</translation>
    </message>
    <message>
        <source>verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Start validation</source>
        <translation>Validierung starten</translation>
    </message>
    <message>
        <source>Quality at point {0}</source>
        <translation>Qualität an Punkt {0}</translation>
    </message>
    <message>
        <source>Worst point</source>
        <translation>Größter Fehler</translation>
    </message>
    <message>
        <source>Data loss</source>
        <translation>Datenverlust</translation>
    </message>
    <message>
        <source>Use this calibration</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Nothing to validate yet.</source>
        <translation>Noch gibt es nichts zu validieren.</translation>
    </message>
    <message>
        <source>Calibrate first.</source>
        <translation>Kalibrieren Sie zuerst.</translation>
    </message>
    <message>
        <source>Ready to validate.</source>
        <translation>Bereit zur Validierung.</translation>
    </message>
    <message>
        <source>⏎ shows {0} new points.</source>
        <translation>⏎ zeigt {0} neue Punkte.</translation>
    </message>
    <message>
        <source>⏎ shows {0} new point.</source>
        <translation>⏎ zeigt {0} neuen Punkt.</translation>
    </message>
    <message>
        <source>Accuracy, mean</source>
        <translation>Genauigkeit, Mittel</translation>
    </message>
    <message>
        <source>Precision, RMS-S2S</source>
        <translation>Präzision, RMS-S2S</translation>
    </message>
    <message>
        <source>Precision, STD</source>
        <translation>Präzision, STD</translation>
    </message>
    <message>
        <source>BCEA, deg²</source>
        <translation>BCEA, Grad²</translation>
    </message>
    <message>
        <source>Effective rate, Hz</source>
        <translation>Effektive Rate, Hz</translation>
    </message>
    <message>
        <source>good</source>
        <translation>gut</translation>
    </message>
    <message>
        <source>usable</source>
        <translation>brauchbar</translation>
    </message>
    <message>
        <source>poor</source>
        <translation>schlecht</translation>
    </message>
    <message>
        <source>{0} · at {1}</source>
        <translation>{0} · um {1}</translation>
    </message>
</context>
<context>
    <name>ValidationView</name>
    <message>
        <source>left eye</source>
        <translation>linkes Auge</translation>
    </message>
    <message>
        <source>right eye</source>
        <translation>rechtes Auge</translation>
    </message>
    <message>
        <source>gaze</source>
        <translation>Blick</translation>
    </message>
    <message>
        <source>1° around the target</source>
        <translation>1° um den Zielpunkt</translation>
    </message>
</context>
<context>
    <name>VariablesDialog</name>
    <message>
        <source>Study variables</source>
        <translation>Variablen der Studie</translation>
    </message>
    <message>
        <source>number</source>
        <translation>Zahl</translation>
    </message>
    <message>
        <source>choice</source>
        <translation>Auswahl</translation>
    </message>
    <message>
        <source>text</source>
        <translation>Text</translation>
    </message>
    <message>
        <source>What is noted about every participant. Choices are separated by commas.</source>
        <translation>Was zu jeder Versuchsperson vermerkt wird. Auswahlwerte werden durch Kommas getrennt.</translation>
    </message>
    <message>
        <source>name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>choices</source>
        <translation>Auswahlwerte</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Use these variables</source>
        <translation>Diese Variablen verwenden</translation>
    </message>
    <message>
        <source>Remove the variable</source>
        <translation>Variable entfernen</translation>
    </message>
    <message>
        <source>Add a variable</source>
        <translation>Variable hinzufügen</translation>
    </message>
</context>
<context>
    <name>VariablesSection</name>
    <message>
        <source>What is known about the images</source>
        <translation>Was über die Bilder bekannt ist</translation>
    </message>
    <message>
        <source>Table …</source>
        <translation>Tabelle …</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keine</translation>
    </message>
    <message>
        <source>{0}: {1} for {2} images</source>
        <translation>{0}: {1} für {2} Bilder</translation>
    </message>
    <message>
        <source>A column names the image; the others, such as its condition, are exported.</source>
        <translation>Eine Spalte nennt das Bild; die anderen, etwa seine Bedingung, werden mit exportiert.</translation>
    </message>
</context>
<context>
    <name>ViewBar</name>
    <message>
        <source>Maps</source>
        <translation>Karten</translation>
    </message>
    <message>
        <source>Gaze plot</source>
        <translation>Blickpfad</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>Areas</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Replay</source>
        <translation>Wiedergabe</translation>
    </message>
    <message>
        <source>People</source>
        <translation>Personen</translation>
    </message>
</context>
<context>
    <name>WordEditor</name>
    <message>
        <source>Language of the text</source>
        <translation>Sprache des Textes</translation>
    </message>
    <message>
        <source>Add a language</source>
        <translation>Sprache hinzufügen</translation>
    </message>
    <message>
        <source>Remove language</source>
        <translation>Sprache entfernen</translation>
    </message>
    <message>
        <source>What the participant reads</source>
        <translation>Was die Versuchsperson liest</translation>
    </message>
    <message>
        <source>Picture …</source>
        <translation>Bild …</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>Kein Bild</translation>
    </message>
    <message>
        <source>The participant reads their language, or else English.</source>
        <translation>Die Versuchsperson liest ihre Sprache, sonst Englisch.</translation>
    </message>
    <message>
        <source>one text for all</source>
        <translation>ein Text für alle</translation>
    </message>
    <message>
        <source>Add a language …</source>
        <translation>Sprache dazu …</translation>
    </message>
</context>
<context>
    <name>_KeyDialog</name>
    <message>
        <source>That is not the passphrase of this study.</source>
        <translation>Das ist nicht die Passphrase dieser Studie.</translation>
    </message>
</context>
<context>
    <name>_Row</name>
    <message>
        <source>open</source>
        <translation>offen</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>done</source>
        <translation>erledigt</translation>
    </message>
    <message>
        <source>done, with care</source>
        <translation>erledigt, mit Vorbehalt</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>not yet possible</source>
        <translation>noch nicht möglich</translation>
    </message>
</context>
<context>
    <name>_Rows</name>
    <message>
        <source>It lies beside the image: nobody can look at it.</source>
        <translation>Er liegt neben dem Bild: niemand kann ihn ansehen.</translation>
    </message>
</context>
<context>
    <name>_TypedTwice</name>
    <message>
        <source>At least {0} characters; four words that belong to no sentence are a good one.</source>
        <translation>Mindestens {0} Zeichen; vier Wörter, die in keinen Satz gehören, sind eine gute Wahl.</translation>
    </message>
    <message>
        <source>The two differ.</source>
        <translation>Die beiden unterscheiden sich.</translation>
    </message>
</context>
</TS>
